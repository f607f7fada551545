// Which targets go from one wanted state to the other, and when: so that whoever keeps states by the clock asks about
// those whose time has come, and not about all of them in every round.
//
//   agenda.add(agenda.group(schedule, now), 17);
//   sleep_until(agenda.next());
//   for (const Agenda::Change& change : agenda.due(now)) decide_for(change.targets, change.inside);
//
// Level-triggered: after an outage a target is due once, with what is wanted of it now, and not at all where that is
// what was wanted before. What else a decision depends on (the catalog, overrides, rests) is not known here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <span>
#include <vector>

#include "decide/schedule.h"

namespace capstan::decide {

// Owned by one thread. Targets are whatever numbers the caller gives them; those of one schedule share its cost.
class Agenda {
 public:
  using Group = size_t;
  // A schedule, as it stands at `now`.
  Group group(std::shared_ptr<const Schedule> schedule, Time now);
  void add(Group group, uint32_t target) { groups_[group].targets.push_back(target); }
  bool is_inside(Group group) const { return groups_[group].inside; }

  // When something changes next; nothing when nothing does within a year.
  std::optional<Time> next() const;

  struct Change {
    Time at;  // The change that led to what is wanted now.
    Group group = 0;
    bool inside = false;
    std::span<const uint32_t> targets;  // Until the next call of a function that changes the agenda.
  };
  // What has changed since the last call, up to and at `now`, which must not go back.
  std::vector<Change> due(Time now);

 private:
  struct Entry {
    std::shared_ptr<const Schedule> schedule;
    bool inside = false;
    std::vector<uint32_t> targets;
  };
  struct Turn {
    Time at;
    Group group = 0;
    bool operator>(const Turn& other) const { return at != other.at ? at > other.at : group > other.group; }
  };
  void plan_next(Group group, Time after);

  std::vector<Entry> groups_;
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns_;
};

}  // namespace capstan::decide
