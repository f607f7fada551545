#include "money/usage.h"

#include <algorithm>

namespace capstan::money {
namespace {

// Calls `use` with each piece of [from, to) between the edges, and the day it lies in.
template <class F>
void each_piece(Time from, Time to, std::vector<Time>& edges, const Period& period, F&& use) {
  for (const Time bound : period.bounds) {
    if (from < bound && bound < to) edges.push_back(bound);
  }
  std::ranges::sort(edges);
  edges.push_back(to);
  Time begin = from;
  for (const Time end : edges) {
    if (end <= begin) continue;
    const auto day = std::ranges::upper_bound(period.bounds, begin) - period.bounds.begin() - 1;
    use(begin, end, static_cast<size_t>(day));
    begin = end;
  }
}

// The longest time around each stretch in which the resource ran without a break.
std::vector<Interval> runs_of(const std::vector<Stretch>& stretches) {
  std::vector<Interval> runs;
  for (const Stretch& each : stretches) {
    if (!each.running) continue;
    if (!runs.empty() && runs.back().end == each.from) {
      runs.back().end = each.to;
    } else {
      runs.push_back({each.from, each.to});
    }
  }
  return runs;
}

void add_usage(Usage& usage, const Stretch& stretch, Duration time, bool observed) {
  if (stretch.price == nullptr) usage.unpriced += time;
  usage.existing.add(time, stretch.base);
  if (!observed) return usage.unobserved.add(time, stretch.base);
  if (stretch.price == nullptr) return;
  (stretch.running ? usage.running : usage.stopped).add(time, stretch.cost);
}

// Why something ran outside of its hours.
Part& why_ran(Savings& savings, const Price& price, const Interval& run, Time at, const Scheduled& schedule) {
  if (price.running.empty()) return savings.unstoppable;
  if (schedule.kept.contains(at)) return savings.kept;
  const Spans::Gap gap = schedule.hours.gap_at(at);
  if (gap.begin && run.begin < *gap.begin) return savings.late;
  if (gap.end && run.end > *gap.end && *gap.end - run.begin <= kLongestStartUp) return savings.start_up;
  return savings.restarted;
}

void add_savings(Savings& savings, const Stretch& stretch, Duration time, bool observed, bool within, Part* why) {
  add_usage(savings.usage, stretch, time, observed);
  if (!within) savings.planned.add(time, stretch.base);
  if (!observed) {
    if (!within) savings.unobserved.add(time, stretch.base);
    return;
  }
  if (stretch.running) {
    if (why != nullptr) why->add(time, stretch.cost);
    return;
  }
  savings.real.time += time;
  savings.real.money += Amount::of(stretch.base, time) - Amount::of(stretch.cost, time);
  savings.unstoppable.money += Amount::of(stretch.cost, time);
  if (within) savings.unused.add(time, stretch.base);
}

}  // namespace

Usage& Usage::operator+=(const Usage& other) {
  existing += other.existing;
  running += other.running;
  stopped += other.stopped;
  unobserved += other.unobserved;
  unpriced += other.unpriced;
  return *this;
}

Savings& Savings::operator+=(const Savings& other) {
  usage += other.usage;
  for (Part Savings::* part : {&Savings::planned, &Savings::real, &Savings::start_up, &Savings::late, &Savings::kept,
                               &Savings::restarted, &Savings::unobserved, &Savings::unstoppable, &Savings::unused}) {
    this->*part += other.*part;
  }
  return *this;
}

std::vector<Time> day_bounds(const decide::Zone& zone, Time from, Time to) {
  std::vector<Time> bounds = {from};
  using std::chrono::days;
  for (auto day = std::chrono::floor<days>(zone.local(from)) + days(1);; day += days(1)) {
    const Time midnight = zone.instant(decide::LocalTime(day));
    if (midnight >= to) break;
    if (midnight > bounds.back()) bounds.push_back(midnight);
  }
  bounds.push_back(to);
  return bounds;
}

void meter(const PricedResource& resource, const Period& period, std::span<Usage> days) {
  std::vector<Time> edges;
  for (const Stretch& stretch : resource.stretches) {
    const Time from = std::max(stretch.from, period.begin()), to = std::min(stretch.to, period.end());
    if (from >= to) continue;
    edges.clear();
    period.observed.add_edges(from, to, edges);
    each_piece(from, to, edges, period, [&](Time begin, Time end, size_t day) {
      add_usage(days[day], stretch, end - begin, period.observed.contains(begin));
    });
  }
}

void measure(const PricedResource& resource, const Scheduled& schedule, const Period& period, std::span<Savings> days) {
  const std::vector<Interval> runs = runs_of(resource.stretches);
  auto run = runs.begin();
  std::vector<Time> edges;
  for (const Stretch& stretch : resource.stretches) {
    while (run != runs.end() && run->end <= stretch.from) ++run;
    const Time from = std::max(stretch.from, period.begin()), to = std::min(stretch.to, period.end());
    // Without a price it is not known what running is.
    if (from >= to || stretch.price == nullptr) continue;
    edges.clear();
    for (const Spans* spans : {&schedule.covered, &schedule.hours, &schedule.kept, &period.observed}) {
      spans->add_edges(from, to, edges);
    }
    each_piece(from, to, edges, period, [&](Time begin, Time end, size_t day) {
      if (!schedule.covered.contains(begin)) return;
      const bool within = schedule.hours.contains(begin);
      Savings& savings = days[day];
      Part* why = stretch.running && !within ? &why_ran(savings, *stretch.price, *run, begin, schedule) : nullptr;
      add_savings(savings, stretch, end - begin, period.observed.contains(begin), within, why);
    });
  }
}

}  // namespace capstan::money
