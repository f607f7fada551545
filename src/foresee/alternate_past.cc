#include "foresee/alternate_past.h"

#include <algorithm>

#include "decide/touches.h"
#include "model/policy_subject.h"

namespace capstan::foresee {

AlternatePast::AlternatePast(const decide::Policy& policy, const Past& past, PastWorld& world, PastMoney* money)
    : policy_(policy), world_(world), money_(money) {
  if (policy.ensure && !policy.ensure->is_list()) {
    watched_ = policy.ensure->inside.column;
    chosen_ = decide::chosen_states(*policy.ensure);
  }
  for (const PastKind& kind : past.kinds) {
    for (const auto& [id, versions] : kind.resources()) {
      subjects_[id].kind = &kind;
      for (size_t i = 0; i < versions.size(); ++i) {
        events_.push_back({versions[i].from, id, versions[i].row});
        const bool goes_on = i + 1 < versions.size() && versions[i].to == versions[i + 1].from;
        if (versions[i].to && !goes_on) events_.push_back({*versions[i].to, id, nullptr});
      }
    }
  }
  std::ranges::stable_sort(events_, {}, &Event::at);
  for (const catalog::RelationVersion& each : past.relations) {
    relation_events_.push_back({each.from, &each.relation, true});
    if (each.to) relation_events_.push_back({*each.to, &each.relation, false});
  }
  // What ends comes before what begins at the same moment.
  std::ranges::stable_sort(relation_events_, [](const auto& a, const auto& b) {
    return std::pair(a.at, a.is_new) < std::pair(b.at, b.is_new);
  });
  for (const PastDeed& deed : past.deeds) deeds_[deed.target].push_back(&deed);
}

void AlternatePast::begin(Time at) {
  for (; next_event_ < events_.size() && events_[next_event_].at <= at; ++next_event_) note(events_[next_event_], true);
  bool others = false;
  (void)advance(at, others);
}

std::vector<ResourceId> AlternatePast::advance(Time at, bool& others) {
  std::set<ResourceId> changed;
  for (; next_event_ < events_.size() && events_[next_event_].at <= at; ++next_event_) {
    note(events_[next_event_], false);
    changed.insert(events_[next_event_].id);
  }
  for (; next_relation_ < relation_events_.size() && relation_events_[next_relation_].at <= at; ++next_relation_) {
    const RelationEvent& event = relation_events_[next_relation_];
    if (event.is_new)
      world_.put_relation(*event.relation);
    else
      world_.remove_relation(*event.relation);
    others = true;
  }
  return {changed.begin(), changed.end()};
}

std::optional<Time> AlternatePast::next() const {
  std::optional<Time> next;
  if (next_event_ < events_.size()) next = events_[next_event_].at;
  if (next_relation_ < relation_events_.size() && (!next || relation_events_[next_relation_].at < *next))
    next = relation_events_[next_relation_].at;
  return next;
}

void AlternatePast::note(const Event& event, bool is_beginning) {
  Subject& subject = subjects_.at(event.id);
  const SharedRow before = subject.recorded;
  if (before && event.row) {
    follow_touch(event.id, *subject.kind, before, event);
    if (!is_beginning) follow_change(event.id, subject, event.row, event.at);
  } else {
    subject.base.reset();
    subject.overlay = {};
    touches_.erase(event.id);
  }
  subject.recorded = event.row;
  if (subject.base && *subject.base == value_of(*subject.kind, event.row, watched_)) subject.base.reset();
  settle(event.id, subject, event.at);
}

// Where the recorded past itself changes a field, that is how it goes on.
void AlternatePast::follow_change(const ResourceId& id, Subject& subject, const SharedRow& row, Time at) {
  const auto changes = [&](const std::string& column) {
    return value_of(*subject.kind, subject.recorded, column) != value_of(*subject.kind, row, column);
  };
  const bool is_ours = !watched_.empty() && changes(watched_) && is_explained(id, at, true);
  if (is_ours && !subject.base) subject.base = value_of(*subject.kind, subject.recorded, watched_);
  if (!is_ours && !watched_.empty() && changes(watched_)) subject.base.reset();
  std::erase_if(subject.overlay.sets,
                [&](const auto& each) { return changes(each.first) && !(is_ours && each.first == watched_); });
}

void AlternatePast::follow_touch(const ResourceId& id, const PastKind& kind, const SharedRow& before,
                                 const Event& event) {
  if (watched_.empty() || policy_.respect_manual <= Duration(0)) return;
  const Json value = value_of(kind, event.row, watched_);
  const bool is_chosen = std::ranges::find(chosen_, value.string_or_empty()) != chosen_.end();
  if (value == value_of(kind, before, watched_) || is_explained(id, event.at, false)) return;
  if (is_chosen)
    touches_[id] = {id, event.at, ""};
  else
    touches_.erase(id);
}

bool AlternatePast::is_explained(const ResourceId& id, Time at, bool is_ours) const {
  const auto deeds = deeds_.find(id);
  if (deeds == deeds_.end()) return false;
  return std::ranges::any_of(deeds->second, [&](const PastDeed* deed) {
    const bool counts = !is_ours || deed->origin == policy_subject(policy_.name);
    return counts && deed->from <= at && (deed->to == Time::max() || at <= deed->to + decide::kEffectTime);
  });
}

Json AlternatePast::value_of(const PastKind& kind, const SharedRow& row, std::string_view column) {
  const std::optional<size_t> place = row ? kind.place_of(column) : std::nullopt;
  return place ? row->values[*place] : Json();
}

std::map<std::string, Json> AlternatePast::differing(const Subject& subject) const {
  std::map<std::string, Json> all;
  if (!subject.recorded) return all;
  if (subject.base) all[watched_] = *subject.base;
  for (const auto& [column, value] : subject.overlay.sets) all[column] = value;
  std::erase_if(all,
                [&](const auto& each) { return each.second == value_of(*subject.kind, subject.recorded, each.first); });
  return all;
}

void AlternatePast::settle(const ResourceId& id, Subject& subject, Time at) {
  std::map<std::string, Json> now = differing(subject);
  if (subject.recorded && subject.overlay.removed) now = {{"", Json()}};
  std::erase_if(subject.open, [&](const auto& each) {
    const auto& [column, open] = each;
    const auto still = now.find(column);
    if (still != now.end() && still->second == open.value) return false;
    if (open.from < at)
      differences_.push_back({id, subject.kind->name(), open.from, at, column, open.value, column.empty()});
    return true;
  });
  for (const auto& [column, value] : now) subject.open.try_emplace(column, Open{at, value});
  if (!subject.recorded || subject.overlay.removed) return put(id, subject, nullptr, at);
  if (now.empty()) return put(id, subject, subject.recorded, at);
  PastRow row = *subject.recorded;
  for (const auto& [column, value] : now) {
    if (const auto place = subject.kind->place_of(column)) row.values[*place] = value;
  }
  put(id, subject, std::make_shared<const PastRow>(std::move(row)), at);
}

void AlternatePast::put(const ResourceId& id, const Subject& subject, SharedRow row, Time at) {
  if (money_ != nullptr) money_->note(id, *subject.kind, row.get(), at);
  if (row)
    world_.put(*subject.kind, id, std::move(row));
  else
    world_.remove(id);
}

void AlternatePast::act(const std::string& action, const ResourceId& target, const Effect& effect, Time at) {
  const auto found = subjects_.find(target);
  if (found == subjects_.end()) return;
  Subject& subject = found->second;
  if (policy_.undo_after_quiet) before_[action].emplace_back(target, subject.overlay);
  subject.overlay.removed = subject.overlay.removed || effect.removes;
  for (const auto& [column, value] : effect.sets) {
    const bool is_so =
        value ==
        (subject.base && column == watched_ ? *subject.base : value_of(*subject.kind, subject.recorded, column));
    if (is_so)
      subject.overlay.sets.erase(column);
    else
      subject.overlay.sets[column] = value;
  }
  settle(target, subject, at);
}

void AlternatePast::undo(const std::string& action, Time at) {
  const auto found = before_.find(action);
  if (found == before_.end()) return;
  for (auto& [id, overlay] : found->second) {
    Subject& subject = subjects_.at(id);
    subject.overlay = std::move(overlay);
    settle(id, subject, at);
  }
  before_.erase(found);
}

const PastKind* AlternatePast::kind_of(const ResourceId& id) const {
  const auto found = subjects_.find(id);
  return found == subjects_.end() ? nullptr : found->second.kind;
}

std::vector<decide::ManualTouch> AlternatePast::touches() const {
  std::vector<decide::ManualTouch> all;
  for (const auto& [id, touch] : touches_) all.push_back(touch);
  return all;
}

std::vector<BacktestDifference> AlternatePast::take_differences(Time at) {
  for (auto& [id, subject] : subjects_) {
    for (const auto& [column, open] : subject.open) {
      if (open.from < at)
        differences_.push_back({id, subject.kind->name(), open.from, at, column, open.value, column.empty()});
    }
    subject.open.clear();
  }
  return std::move(differences_);
}

}  // namespace capstan::foresee
