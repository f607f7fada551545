#include <cstdint>

#include "secret/versioned_reference.h"

// Any text is a reference or is refused.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  (void)capstan::secret::parse_versioned_reference({reinterpret_cast<const char*>(data), size});
  return 0;
}
