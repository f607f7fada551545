#include <cstdint>

#include "connect/aws/credential_sources.h"

// Whatever an agent answers, it is taken or refused, and the refusal is the same for all that is no JSON.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan::aws;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto credentials = read_credential_answer(text, "fuzz");
  if (credentials ? credentials->access_key_id.empty() : credentials.error().message.empty()) __builtin_trap();
  return 0;
}
