// Keeps the first or last so many of the lines that a query finds, whatever the order they are found in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/sample.h"

namespace capstan::telemetry {

class LineCollector {
 public:
  LineCollector(size_t limit, bool newest_first) : limit_(limit), newest_first_(newest_first) {}

  // Whether lines of this window can still be among the answer.
  bool wants(int64_t from_ms, int64_t to_ms) const;
  // `order` tells lines of the same time apart: rising as they arrived.
  void add(int64_t at_ms, uint64_t order, const Labels& labels, std::string text);
  // In the asked order.
  std::vector<LogLine> take();

 private:
  struct Line {
    int64_t at_ms = 0;
    uint64_t order = 0;
    Labels labels;
    std::string text;
  };
  bool before(const Line& a, const Line& b) const;
  void cut();

  const size_t limit_;
  const bool newest_first_;
  std::vector<Line> lines_;
  bool full_ = false;
  int64_t last_ms_ = 0;  // Once full: of the last line of the answer so far.
};

}  // namespace capstan::telemetry
