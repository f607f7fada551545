#include <cstdint>
#include <string_view>

#include "connect/kubernetes/gitops/sync_pause.h"

// What is read as a note is written as one that is read the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using capstan::kubernetes::StopNote;
  const auto note = StopNote::parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!note) return 0;
  const auto again = StopNote::parse(note->text());
  if (!again || *again != *note) __builtin_trap();
  return 0;
}
