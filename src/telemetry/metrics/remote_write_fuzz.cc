// Any bytes as the body of a remote write, and as what a valid snappy block holds.
#include <snappy.h>

#include <cstdint>
#include <string>

#include "telemetry/metrics/remote_write.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan::telemetry;
  const char* bytes = reinterpret_cast<const char*>(data);
  const RemoteWriteLimits limits{.decompressed_bytes = 1 << 20, .samples = 10'000, .labels = 10'000};
  static_cast<void>(decode_remote_write({bytes, size}, limits));
  std::string body;
  snappy::Compress(bytes, size, &body);
  static_cast<void>(decode_remote_write(body, limits));
  return 0;
}
