// Any bytes as a chunk, and any samples through a chunk and back.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "telemetry/metrics/gorilla.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  telemetry::ChunkCursor any({reinterpret_cast<const char*>(data), size}, 1000);
  for (Sample sample; any.next(sample);) {
  }
  std::vector<Sample> samples(size / sizeof(Sample));
  if (samples.empty()) return 0;
  std::memcpy(samples.data(), data, samples.size() * sizeof(Sample));
  telemetry::ChunkWriter writer;
  for (const Sample& sample : samples) writer.add(sample);
  telemetry::ChunkCursor cursor(writer.chunk().bytes, writer.chunk().count);
  for (const Sample& wanted : samples) {
    Sample got;
    if (!cursor.next(got) || std::memcmp(&got, &wanted, sizeof(Sample)) != 0) std::abort();
  }
  return 0;
}
