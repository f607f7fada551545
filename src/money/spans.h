// Sets of stretches of time, as sorted intervals that neither touch nor overlap.
#pragma once

#include <optional>
#include <vector>

#include "decide/window.h"

namespace capstan::money {

using decide::Interval;

class Spans {
 public:
  Spans() = default;
  // In any order; empty ones are dropped, overlapping and touching ones become one.
  explicit Spans(std::vector<Interval> intervals);

  bool contains(Time time) const { return at(time) != nullptr; }
  // The interval that a time is in; nullptr outside of all.
  const Interval* at(Time time) const;
  // The gap that a time is in: from the end of the interval before it to the begin of the one behind it.
  struct Gap {
    std::optional<Time> begin;
    std::optional<Time> end;
  };
  Gap gap_at(Time time) const;
  const std::vector<Interval>& intervals() const { return intervals_; }
  // Begins and ends that lie within (from, to).
  void add_edges(Time from, Time to, std::vector<Time>& edges) const;

 private:
  std::vector<Interval> intervals_;
};

}  // namespace capstan::money
