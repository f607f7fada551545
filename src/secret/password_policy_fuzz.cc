#include <cstdint>
#include <cstdlib>

#include "secret/password_policy.h"

// Any text is a policy or is refused with its place; a password by one has its length.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan::secret;
  const auto policy = parse_password_policy({reinterpret_cast<const char*>(data), size}, "");
  if (!policy) {
    if (policy.error().where.line == 0 && size <= (64 << 10)) std::abort();
    return 0;
  }
  if (policy->length > 40) return 0;  // What is unlikely to fit takes long to try.
  capstan::SeededRandom random(size);
  const auto password = generate_password(*policy, random);
  if (password && password->reveal().size() != static_cast<size_t>(policy->length)) std::abort();
  return 0;
}
