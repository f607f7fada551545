#include "money/spans.h"

#include <algorithm>

namespace capstan::money {

Spans::Spans(std::vector<Interval> intervals) {
  std::ranges::sort(intervals, {}, &Interval::begin);
  for (const Interval& each : intervals) {
    if (each.begin >= each.end) continue;
    if (!intervals_.empty() && each.begin <= intervals_.back().end) {
      intervals_.back().end = std::max(intervals_.back().end, each.end);
    } else {
      intervals_.push_back(each);
    }
  }
}

const Interval* Spans::at(Time time) const {
  const auto after = std::ranges::upper_bound(intervals_, time, {}, &Interval::begin);
  if (after == intervals_.begin()) return nullptr;
  const Interval& found = *std::prev(after);
  return found.contains(time) ? &found : nullptr;
}

Spans::Gap Spans::gap_at(Time time) const {
  const auto after = std::ranges::upper_bound(intervals_, time, {}, &Interval::begin);
  Gap gap;
  if (after != intervals_.begin()) gap.begin = std::prev(after)->end;
  if (after != intervals_.end()) gap.end = after->begin;
  return gap;
}

void Spans::add_edges(Time from, Time to, std::vector<Time>& edges) const {
  auto each = std::ranges::lower_bound(intervals_, from, {}, &Interval::end);
  for (; each != intervals_.end() && each->begin < to; ++each) {
    for (const Time edge : {each->begin, each->end}) {
      if (from < edge && edge < to) edges.push_back(edge);
    }
  }
}

}  // namespace capstan::money
