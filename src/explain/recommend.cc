#include "explain/recommend.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"
#include "explain/describe.h"

namespace capstan::explain {
namespace {

constexpr size_t kMostPlans = 3;
constexpr size_t kMostTargets = 20;
constexpr double kEnough = 0.9;    // Of the symptom: what remains is not worth acting on.
constexpr double kFairPart = 0.2;  // A smaller part is not touched along with a bigger one.
constexpr Duration kVerifyWithin = std::chrono::minutes(2);

bool fits(const VerbSpec& verb, const std::string& kind) {
  return std::ranges::find(verb.target_kinds, kind) != verb.target_kinds.end();
}

void add_if_fits(const VerbSpec& verb, const ResourceId& id, const World& world, std::vector<Resource>& targets) {
  std::optional<Resource> resource = world.resource(id);
  if (!resource || !fits(verb, resource->kind) || targets.size() >= kMostTargets) return;
  const bool known = std::ranges::any_of(targets, [&](const Resource& one) { return one.id == id; });
  if (!known) targets.push_back(std::move(*resource));
}

// The causes that together make up the symptom: the best one, and others while each has a fair part of the rest.
std::vector<const Cause*> main_causes(const Incident& incident) {
  std::vector<const Cause*> main;
  double share = 0;
  for (const Cause& cause : incident.causes) {
    if (!main.empty() && (share >= kEnough || cause.share < kFairPart)) break;
    main.push_back(&cause);
    share += cause.share;
  }
  return main;
}

// The causes themselves; else what the best cause belongs to; else what suffers.
std::vector<Resource> targets_of(const VerbSpec& verb, const Incident& incident, const Finding& finding,
                                 const World& world) {
  std::vector<Resource> targets;
  for (const Cause* cause : main_causes(incident)) {
    for (const ResourceId& id : cause->group) add_if_fits(verb, id, world, targets);
  }
  if (!targets.empty()) return targets;
  if (!incident.causes.empty()) {
    const ResourceId& cause = incident.causes.front().resource;
    for (const Relation& relation : world.relations_of(cause)) {
      if (relation.source == cause && relation.kind == "belongs_to") add_if_fits(verb, relation.target, world, targets);
    }
    if (!targets.empty()) return targets;
  }
  add_if_fits(verb, finding.resource, world, targets);
  return targets;
}

// True once none of the incident's findings is reported any more.
std::string verification(const Incident& incident) {
  std::vector<std::string> ids;
  for (const Finding& finding : incident.findings) ids.push_back(finding.id);
  return fmt::format("absent(capstan_finding{{finding=~\"{}\"}})", fmt::join(ids, "|"));
}

Plan make_plan(const Incident& incident, const VerbSpec& verb, const std::vector<Resource>& targets, Time now) {
  std::string key = incident.id + '\n' + verb.name;
  for (const Resource& target : targets) key += '\n' + target.id;
  Plan plan;
  plan.id = fmt::format("{}-{}", incident.id, hex(sha256(key)).substr(0, 8));
  plan.origin = "incident:" + incident.id;
  plan.title = Words::phrase("plan.recommended", {{"does", Words::known("title." + verb.name, verb.title)},
                                                  {"targets", describe_group(targets)}});
  const Words reason = incident.causes.empty() ? incident.title : incident.causes.front().says;
  for (size_t i = 0; i < targets.size(); ++i) {
    plan.actions.push_back({.id = fmt::format("{}-{}", plan.id, i + 1),
                            .verb = verb.name,
                            .target = targets[i].id,
                            .parameters = Json::object(),
                            .reason = reason});
  }
  // A person approves exactly these targets, so the share may be all of them.
  plan.limits.in_flight_share = 1;
  // The check is of the whole: one of two burners stopped proves nothing.
  plan.limits.canary = false;
  plan.limits.total = static_cast<int>(kMostTargets);
  plan.limits.per_minute = static_cast<int>(kMostTargets);
  plan.verify = verification(incident);
  plan.verify_within = kVerifyWithin;
  plan.approval = "ask";
  plan.created = now;
  return plan;
}

}  // namespace

std::vector<Plan> recommend(const Incident& incident, std::span<const VerbSpec* const> verbs, const World& world) {
  std::vector<Plan> plans;
  for (const Finding& finding : incident.findings) {
    for (const std::string& name : finding.verbs) {
      const auto verb = std::ranges::find_if(verbs, [&](const VerbSpec* one) { return one->name == name; });
      if (verb == verbs.end() || plans.size() >= kMostPlans) continue;
      const std::vector<Resource> targets = targets_of(**verb, incident, finding, world);
      if (targets.empty()) continue;
      Plan plan = make_plan(incident, **verb, targets, world.now());
      const bool known = std::ranges::any_of(plans, [&](const Plan& one) { return one.id == plan.id; });
      if (!known) plans.push_back(std::move(plan));
    }
  }
  return plans;
}

}  // namespace capstan::explain
