// Meters running time and money, and what a schedule saved of them: pure functions of what was so when.
//
// Every instant of a resource's existence is one of: unobserved, running or not, within its hours or outside of them.
// So with hours and money alike, exactly:
//
//   planned saving - real saving = start_up + late + kept + restarted + unobserved + unstoppable - unused
#pragma once

#include <span>
#include <vector>

#include "money/amount.h"
#include "money/spans.h"
#include "money/stretch.h"

namespace capstan::money {

struct Part {
  Duration time{0};
  Amount money;

  void add(Duration more, Rate rate) {
    time += more;
    money += Amount::of(rate, more);
  }
  Part& operator+=(const Part& other) {
    time += other.time;
    money += other.money;
    return *this;
  }
};

struct Usage {
  Part existing;    // Money: had it run all the time.
  Part running;     // Money: what it cost while it ran.
  Part stopped;     // Money: what it cost all the same.
  Part unobserved;  // Money: had it run; whether it did is not known.
  Duration unpriced{0};

  Amount cost() const { return running.money + stopped.money; }
  Usage& operator+=(const Usage& other);
};

// What a schedule should have saved, what was saved, and what explains the difference.
struct Savings {
  Usage usage;
  Part planned;      // Outside of the hours: what there is to save.
  Part real;         // Not running, less what that cost all the same.
  Part start_up;     // Ran before its hours, at most an hour, on into them.
  Part late;         // Ran on after its hours until it was stopped.
  Part kept;         // A person had it kept up.
  Part restarted;    // Was started, or first seen running, outside of its hours, and ran until it was stopped.
  Part unobserved;   // Outside of its hours, and nobody knows.
  Part unstoppable;  // What it cost while it did not run (money only), and what has no `while`: it always runs.
  Part unused;       // Within its hours, and did not run: saved beyond the plan.

  Savings& operator+=(const Savings& other);
};

// When of a resource is asked: what was watched, and the bounds of days (rising; the first is where the period begins,
// the last where it ends).
struct Period {
  std::vector<Time> bounds;
  Spans observed;

  Time begin() const { return bounds.front(); }
  Time end() const { return bounds.back(); }
  size_t days() const { return bounds.size() - 1; }
};

// The midnights of a zone within (from, to), between these two.
std::vector<Time> day_bounds(const decide::Zone& zone, Time from, Time to);

// Adds what each day had to `days`, which has one for each.
void meter(const PricedResource& resource, const Period& period, std::span<Usage> days);

// A resource under a policy's schedule.
struct Scheduled {
  Spans covered;  // When the policy was about it.
  Spans hours;    // When it was to run; known for some days before and after the period.
  Spans kept;     // When a person had it kept up.
};
void measure(const PricedResource& resource, const Scheduled& schedule, const Period& period, std::span<Savings> days);

// How long before its hours something may begin to run and count as starting up for them.
inline constexpr Duration kLongestStartUp{3'600'000};

}  // namespace capstan::money
