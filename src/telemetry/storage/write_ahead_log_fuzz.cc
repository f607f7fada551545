// Any bytes as a log segment: never a crash, and never a record beyond the good part.
#include <cstdint>
#include <cstdlib>

#include "telemetry/storage/write_ahead_log.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan::telemetry;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  size_t used = 0;
  const size_t good = read_records(bytes, [&](std::string_view payload) {
    used += 8 + payload.size();
    return true;
  });
  if (good != used || good > size) std::abort();

  // What was framed comes back, whatever it is.
  if (size == 0) return 0;
  std::string framed;
  frame_record(bytes, framed);
  bool same = false;
  if (read_records(framed, [&](std::string_view payload) { return same = payload == bytes; }) != framed.size() ||
      !same) {
    std::abort();
  }
  return 0;
}
