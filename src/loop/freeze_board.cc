#include "loop/freeze_board.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/suggest.h"
#include "model/policy_fact.h"
#include "model/policy_subject.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostSpans = 200;                // Of a freeze in an answer.
constexpr Duration kOutlook{400LL * 86'400'000};  // How far ahead the next time of a freeze is looked for.

std::string_view kind_of(std::string_view id) { return id.substr(0, id.find('/')); }

// While nobody can tell whether a target has the labels it waits as if it had.
decide::Freeze without_labels(decide::Freeze freeze) {
  freeze.only.labels = {};
  return freeze;
}

Json texts(const std::vector<std::string>& all) { return Json::Array(all.begin(), all.end()); }

}  // namespace

void FreezeBoard::apply(const Fact& fact) {
  if (fact.kind == fact_kind::kFreezeLoaded) {
    const std::string& text = fact.body["text"].string_or_empty();
    if (text.empty())
      written_.erase(fact.subject);
    else
      written_[fact.subject] = {text, fact.at};
  } else if (fact.kind == fact_kind::kFreezeLifted) {
    lifts_.emplace(fact.subject, fact.body["freeze"].string_or_empty());
  } else if (fact.kind == fact_kind::kPlanFinished || fact.kind == fact_kind::kPlanRejected) {
    std::erase_if(lifts_, [&](const auto& lift) { return lift.first == fact.subject; });
  }
}

void FreezeBoard::set(std::vector<decide::Freeze> freezes) {
  freezes_ = std::move(freezes);
  asked_.reset();
}

const decide::Freeze* FreezeBoard::find(std::string_view name) const {
  const auto found = std::ranges::find(freezes_, name, &decide::Freeze::name);
  return found == freezes_.end() ? nullptr : &*found;
}

const std::vector<decide::Frozen>& FreezeBoard::in_force(Time now) const {
  if (asked_ == now) return in_force_;
  in_force_ = decide::frozen_at(freezes_, now);
  asked_ = now;
  return in_force_;
}

bool FreezeBoard::covers(const decide::Freeze& freeze, std::string_view policy, std::string_view verb,
                         const ResourceId& target) const {
  const Verb* known = verbs_.find(verb);
  decide::HeldAction action{.policy = policy,
                            .verb = verb,
                            .kind = kind_of(target),
                            .danger = known ? known->spec().danger : Danger::kDestructive};
  std::optional<Resource> resource;
  if (!freeze.only.labels.empty()) {
    auto found = resources_.find(target);
    if (!found) return without_labels(freeze).covers(action);
    resource = std::move(*found);
    if (resource) action.labels = &resource->labels;
  }
  return freeze.covers(action);
}

bool FreezeBoard::covers(const decide::Freeze& freeze, const Plan& plan, const Action& action) const {
  return !lifts_.contains({plan.id, freeze.name}) &&
         covers(freeze, policy_of_subject(plan.origin), action.verb, action.target);
}

Words FreezeBoard::held_back(const Plan& plan, const Action& action, Time now) const {
  for (const decide::Frozen& held : in_force(now)) {
    if (covers(*held.freeze, plan, action)) return held.says();
  }
  return {};
}

Words FreezeBoard::held_back(std::string_view policy, std::string_view verb, const ResourceId& target, Time now) const {
  for (const decide::Frozen& held : in_force(now)) {
    if (covers(*held.freeze, policy, verb, target)) return held.says();
  }
  return {};
}

Duration FreezeBoard::held_for(const Plan& plan, Time now) const {
  Duration longest{0};
  for (const decide::Freeze& freeze : freezes_) {
    const bool is_meant = std::ranges::any_of(plan.actions, [&](const Action& action) {
      return covers(freeze, policy_of_subject(plan.origin), action.verb, action.target);
    });
    if (!is_meant) continue;
    Duration held{0};
    for (const decide::Interval& each : freeze.intervals(plan.created, now))
      held += std::max(Duration(0), std::min(each.end, now) - std::max(each.begin, plan.created));
    longest = std::max(longest, held);
  }
  return longest;
}

Result<NewFact> FreezeBoard::lift(const FreezeLift& wanted, const Plan& plan, std::string_view actor,
                                  std::string_view role, Time now) const {
  const decide::Freeze* freeze = find(wanted.freeze);
  if (!freeze) {
    std::vector<std::string_view> names;
    for (const decide::Freeze& each : freezes_) names.push_back(each.name);
    return fail(ErrorCode::kNotFound,
                fmt::format("there is no freeze '{}'{}", wanted.freeze, did_you_mean(wanted.freeze, names)));
  }
  if (wanted.reason.empty())
    return fail(ErrorCode::kInvalidArgument, "'reason' is missing: say why this cannot wait for the end of the freeze");
  if (!freeze->lets_through(actor, role)) {
    std::vector<std::string> who = freeze->people;
    for (const std::string& each : freeze->roles) who.push_back("the role " + each);
    return fail(ErrorCode::kPermissionDenied,
                who.empty() ? fmt::format("the freeze '{}' names nobody who may let a plan through: 'except' in {}:{}",
                                          freeze->name, freeze->at.file, freeze->at.line)
                            : fmt::format("only {} may let a plan through the freeze '{}'", fmt::join(who, ", "),
                                          freeze->name));
  }
  const bool holds = freeze->at_time(now) && std::ranges::any_of(plan.actions, [&](const Action& action) {
                       return covers(*freeze, plan, action);
                     });
  if (!holds) {
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("the freeze '{}' does not hold {} back", freeze->name, plan.id));
  }
  return NewFact{
      now,
      std::string(fact_kind::kFreezeLifted),
      plan.id,
      Json::object(
          {{"freeze", freeze->name}, {"plan_id", plan.id}, {"reason", wanted.reason}, {"by", std::string(actor)}}),
      0,
      std::string(actor)};
}

Json FreezeBoard::freeze_json(const decide::Freeze& freeze) const {
  const auto old = old_.find(freeze.name);
  Json json = Json::object({{"name", freeze.name},
                            {"help", freeze.help},
                            {"file", freeze.at.file},
                            {"line", freeze.at.line},
                            {"zone", freeze.zone.name()},
                            {"times", freeze.describe_times()},
                            {"covers_all", freeze.only.covers_all()},
                            {"as_of", old == old_.end() ? Json() : Json(format_time(old->second))},
                            {"mistake", freeze.mistake},
                            {"except", Json::object({{"policies", texts(freeze.except_policies)},
                                                     {"people", texts(freeze.people)},
                                                     {"roles", texts(freeze.roles)}})}});
  set_words(json, "covers", freeze.describe_scope());
  return json;
}

Json FreezeBoard::to_json(Time now) const {
  Json::Array list;
  for (const decide::Freeze& freeze : freezes_) {
    Json json = freeze_json(freeze);
    const auto frozen = freeze.at_time(now);
    json.set("in_force", frozen.has_value());
    // One with a mistake holds until that is mended, whatever can be read of its times.
    json.set("until", frozen && freeze.mistake.empty() ? Json(format_time(frozen->end)) : Json());
    Json next;
    for (const decide::Interval& each : freeze.intervals(now, now + kOutlook)) {
      if (frozen || each.begin <= now) continue;
      next = Json::object({{"from", format_time(each.begin)}, {"to", format_time(each.end)}});
      break;
    }
    json.set("next", std::move(next));
    Json::Array lifted;
    for (const auto& [plan, name] : lifts_) {
      if (name == freeze.name) lifted.push_back(plan);
    }
    json.set("lifted_for", std::move(lifted));
    list.push_back(std::move(json));
  }
  return Json::object({{"freezes", std::move(list)}});
}

Json FreezeBoard::calendar(Time from, Time to) const {
  Json::Array rows;
  for (const decide::Freeze& freeze : freezes_) {
    Json::Array spans;
    for (const decide::Interval& each : freeze.intervals(from, to)) {
      if (each.end <= from || each.begin >= to || spans.size() >= kMostSpans) continue;
      spans.push_back(Json::object({{"from", format_time(each.begin)}, {"to", format_time(each.end)}}));
    }
    if (spans.empty()) continue;
    Json json = freeze_json(freeze);
    json.set("spans", std::move(spans));
    rows.push_back(std::move(json));
  }
  return rows;
}

}  // namespace capstan::loop
