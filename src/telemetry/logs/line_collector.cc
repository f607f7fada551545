#include "telemetry/logs/line_collector.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace capstan::telemetry {
namespace {

constexpr size_t kSlack = 1024;  // So that not every line causes a sort.

}  // namespace

bool LineCollector::before(const Line& a, const Line& b) const {
  const auto a_place = std::tie(a.at_ms, a.order);
  const auto b_place = std::tie(b.at_ms, b.order);
  return newest_first_ ? a_place > b_place : a_place < b_place;
}

bool LineCollector::wants(int64_t from_ms, int64_t to_ms) const {
  if (limit_ == 0) return false;
  if (!full_) return true;
  return newest_first_ ? to_ms >= last_ms_ : from_ms <= last_ms_;
}

void LineCollector::add(int64_t at_ms, uint64_t order, const Labels& labels, std::string text) {
  if (!wants(at_ms, at_ms)) return;
  lines_.push_back({at_ms, order, labels, std::move(text)});
  if (lines_.size() >= limit_ + kSlack) cut();
}

void LineCollector::cut() {
  std::ranges::sort(lines_, [this](const Line& a, const Line& b) { return before(a, b); });
  if (lines_.size() < limit_) return;
  lines_.resize(limit_);
  full_ = true;
  if (!lines_.empty()) last_ms_ = lines_.back().at_ms;
}

std::vector<LogLine> LineCollector::take() {
  cut();
  std::vector<LogLine> lines;
  for (Line& line : lines_) {
    lines.push_back({.at = from_unix_ms(line.at_ms), .labels = std::move(line.labels), .text = std::move(line.text)});
  }
  lines_.clear();
  return lines;
}

}  // namespace capstan::telemetry
