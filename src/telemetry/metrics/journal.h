// What the write-ahead log's records say: which series a number stands for, and samples and chunks of such numbers.
// Numbers hold within one segment, so that segments can be read, lost and removed one by one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/labels.h"
#include "model/sample.h"
#include "telemetry/metrics/gorilla.h"
#include "telemetry/metrics/postings.h"
#include "telemetry/storage/bytes.h"

namespace capstan::telemetry {

class JournalWriter {
 public:
  // Must come before the first sample or chunk of the number in a segment.
  void series(SeriesNumber number, const Labels& labels);
  void sample(SeriesNumber number, Sample sample);
  void chunk(SeriesNumber number, const Chunk& chunk);

  size_t size() const { return bytes_.size(); }
  // One record's payload; the writer starts anew.
  std::string take();

 private:
  ByteWriter bytes_;
  uint64_t previous_ms_ = 0;  // Times are written as differences; unsigned, so that any two have one.
};

class JournalVisitor {
 public:
  virtual ~JournalVisitor() = default;
  virtual void on_series(SeriesNumber number, Labels labels) = 0;
  virtual void on_sample(SeriesNumber number, Sample sample) = 0;
  virtual void on_chunk(SeriesNumber number, const Chunk& chunk) = 0;
};

// False when the payload makes no sense; what came before the nonsense was visited.
bool read_journal(std::string_view payload, JournalVisitor& visitor);

}  // namespace capstan::telemetry
