#include "model/action.h"

#include <array>

#include "base/crypto.h"

namespace capstan {
namespace {

constexpr std::array kStates = {ActionState::kProposed,  ActionState::kApproved, ActionState::kRunning,
                                ActionState::kSucceeded, ActionState::kPartial,  ActionState::kFailed,
                                ActionState::kReverted,  ActionState::kUnknown,  ActionState::kSkipped};

}  // namespace

std::string_view to_string(ActionState state) {
  switch (state) {
    case ActionState::kProposed: return "proposed";
    case ActionState::kApproved: return "approved";
    case ActionState::kRunning: return "running";
    case ActionState::kSucceeded: return "succeeded";
    case ActionState::kPartial: return "partial";
    case ActionState::kFailed: return "failed";
    case ActionState::kReverted: return "reverted";
    case ActionState::kUnknown: return "unknown";
    case ActionState::kSkipped: return "skipped";
  }
  return "unknown";
}

Words word_of(ActionState state) { return Words::phrase("state." + std::string(to_string(state))); }

Words word_of_actor(std::string_view actor) {
  const size_t colon = actor.find(':');
  if (colon == std::string_view::npos) return actor;
  const std::string_view kind = actor.substr(0, colon);
  const std::string_view name = actor.substr(colon + 1);
  if (kind == "user") return name;
  if (kind == "policy") return Words::phrase("actor.policy", {{"name", name}});
  if (kind == "incident") return Words::phrase("actor.incident", {{"name", name}});
  return actor;
}

std::optional<ActionState> parse_action_state(std::string_view text) {
  for (ActionState state : kStates) {
    if (to_string(state) == text) return state;
  }
  return std::nullopt;
}

bool is_final(ActionState state) {
  return state != ActionState::kProposed && state != ActionState::kApproved && state != ActionState::kRunning;
}

Json Action::to_json() const {
  Json json = Json::object({{"id", id}, {"verb", verb}, {"target", target}, {"parameters", parameters}});
  if (!reason.empty()) set_words(json, "reason", reason);
  if (!precondition.empty()) json.set("precondition", precondition);
  if (!after.empty()) json.set("after", Json::Array(after.begin(), after.end()));
  return json;
}

Action Action::from_json(const Json& json) {
  Action action{.id = json["id"].string_or_empty(),
                .verb = json["verb"].string_or_empty(),
                .target = json["target"].string_or_empty(),
                .parameters = json["parameters"],
                .reason = words_of(json, "reason"),
                .precondition = json["precondition"].string_or_empty(),
                .after = {}};
  for (const Json& id : json["after"].items()) action.after.push_back(id.string_or_empty());
  return action;
}

Json Limits::to_json() const {
  return Json::object({{"in_flight_share", in_flight_share},
                       {"in_flight", in_flight},
                       {"per_minute", per_minute},
                       {"total", total},
                       {"failures", failures},
                       {"canary", canary}});
}

Limits Limits::from_json(const Json& json) {
  Limits limits;
  limits.in_flight_share = json["in_flight_share"].number_or(limits.in_flight_share);
  limits.in_flight = static_cast<int>(json["in_flight"].int_or(limits.in_flight));
  limits.per_minute = static_cast<int>(json["per_minute"].int_or(limits.per_minute));
  limits.total = static_cast<int>(json["total"].int_or(limits.total));
  limits.failures = static_cast<int>(json["failures"].int_or(limits.failures));
  limits.canary = json["canary"].bool_or(limits.canary);
  return limits;
}

std::string Plan::hash() const {
  Json bound = Json::object({{"policy_version", policy_version}, {"verify", verify}});
  Json::Array steps;
  for (const Action& action : actions) {
    steps.push_back(Json::object({{"id", action.id},
                                  {"verb", action.verb},
                                  {"target", action.target},
                                  {"parameters", action.parameters},
                                  {"precondition", action.precondition},
                                  {"after", Json::Array(action.after.begin(), action.after.end())}}));
  }
  bound.set("actions", std::move(steps));
  if (!grant.empty()) bound.set("grant", grant.to_json());
  return hex(sha256(bound.dump()));
}

Json Plan::to_json() const {
  Json::Array steps;
  for (const Action& action : actions) steps.push_back(action.to_json());
  Json json = Json::object({{"id", id},
                            {"origin", origin},
                            {"policy_version", policy_version},
                            {"actions", std::move(steps)},
                            {"limits", limits.to_json()},
                            {"verify", verify},
                            {"verify_within_ms", int64_t{verify_within.count()}},
                            {"undo_on_failure", undo_on_failure},
                            {"undo_after_quiet_ms", int64_t{undo_after_quiet.count()}},
                            {"approval", approval},
                            {"grant", grant.empty() ? Json() : grant.to_json()},
                            {"created", format_time(created)},
                            {"hash", hash()}});
  set_words(json, "title", title);
  if (!left_out.empty()) set_words(json, "left_out", left_out);
  return json;
}

Plan Plan::from_json(const Json& json) {
  Plan plan;
  plan.id = json["id"].string_or_empty();
  plan.origin = json["origin"].string_or_empty();
  plan.policy_version = json["policy_version"].string_or_empty();
  plan.title = words_of(json, "title");
  plan.left_out = words_of(json, "left_out");
  for (const Json& step : json["actions"].items()) plan.actions.push_back(Action::from_json(step));
  plan.limits = Limits::from_json(json["limits"]);
  plan.verify = json["verify"].string_or_empty();
  plan.verify_within = Duration(json["verify_within_ms"].int_or(plan.verify_within.count()));
  plan.undo_on_failure = json["undo_on_failure"].bool_or(true);
  plan.undo_after_quiet = Duration(json["undo_after_quiet_ms"].int_or(0));
  plan.approval = json["approval"].string_or_empty();
  plan.grant = Grant::from_json(json["grant"]);
  plan.created = parse_time(json["created"].string_or_empty()).value_or(Time());
  return plan;
}

}  // namespace capstan
