#include "decide/agenda.h"

namespace capstan::decide {

Agenda::Group Agenda::group(std::shared_ptr<const Schedule> schedule, Time now) {
  groups_.push_back({.schedule = std::move(schedule), .inside = false, .targets = {}});
  groups_.back().inside = groups_.back().schedule->is_inside(now);
  plan_next(groups_.size() - 1, now);
  return groups_.size() - 1;
}

std::optional<Time> Agenda::next() const {
  if (turns_.empty()) return std::nullopt;
  return turns_.top().at;
}

std::vector<Agenda::Change> Agenda::due(Time now) {
  std::vector<Change> changes;
  while (!turns_.empty() && turns_.top().at <= now) {
    Turn turn = turns_.top();
    turns_.pop();
    Entry& entry = groups_[turn.group];
    bool inside = !entry.inside;
    // What was missed while nobody asked.
    std::optional<Time> following = entry.schedule->next_change(turn.at);
    while (following && *following <= now) {
      turn.at = *following;
      inside = !inside;
      following = entry.schedule->next_change(turn.at);
    }
    if (following) turns_.push({*following, turn.group});
    if (inside == entry.inside) continue;
    entry.inside = inside;
    changes.push_back({.at = turn.at, .group = turn.group, .inside = inside, .targets = entry.targets});
  }
  return changes;
}

void Agenda::plan_next(Group group, Time after) {
  if (const std::optional<Time> at = groups_[group].schedule->next_change(after)) turns_.push({*at, group});
}

}  // namespace capstan::decide
