#include <cstdint>
#include <cstdlib>

#include "base/crypto.h"
#include "secret/sealed_file.h"

// Any file is read or refused; what is read, printed and read again is the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan::secret;
  static const bool started = (capstan::start_crypto(), true);
  (void)started;
  static const SealingKey key =
      SealingKey::derive("a key for fuzzing only", std::string(kSaltBytes, 's'), {1, 8192}).value();
  const auto read = parse_sealed_file({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!read) return 0;
  const std::string printed = print_sealed_file(read->file, key).value();
  const auto again = parse_sealed_file(printed, "fuzz");
  if (!again || again->proof != key.proof_of(again->proven)) std::abort();
  if (print_sealed_file(again->file, key).value() != printed) std::abort();
  return 0;
}
