// Any bytes as the payload of a log record whose checksum happens to fit.
#include <cstdint>

#include "telemetry/metrics/journal.h"

namespace {

class DecodingVisitor final : public capstan::telemetry::JournalVisitor {
 public:
  void on_series(capstan::telemetry::SeriesNumber, capstan::Labels labels) override { seen_ += labels.size(); }
  void on_sample(capstan::telemetry::SeriesNumber, capstan::Sample) override { ++seen_; }
  void on_chunk(capstan::telemetry::SeriesNumber, const capstan::telemetry::Chunk& chunk) override {
    capstan::telemetry::ChunkCursor cursor(chunk.bytes, chunk.count);
    for (capstan::Sample sample; cursor.next(sample);) ++seen_;
  }

 private:
  size_t seen_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  DecodingVisitor visitor;
  capstan::telemetry::read_journal({reinterpret_cast<const char*>(data), size}, visitor);
  return 0;
}
