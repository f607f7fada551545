// What the page and the command show of plans.
#include <fmt/format.h>

#include <algorithm>

#include "act/executor.h"

namespace capstan::act {
namespace {

Json time_or_null(Time time) { return time == Time() ? Json() : Json(format_time(time)); }

Words doing(const ActionRun& action) {
  switch (action.phase) {
    case Phase::kIdle: return {};
    case Phase::kPreparing: return Words::phrase("doing.preparing");
    case Phase::kIntended: return Words::phrase("doing.intended");
    case Phase::kWorking: return Words::phrase(action.undoing ? "doing.undoing" : "doing.performing");
    case Phase::kCutOff:
    case Phase::kLooking: return Words::phrase("doing.looking");
  }
  return {};
}

Json action_status(const ActionRun& run, const VerbRegistry& verbs, const RunBoard* runs) {
  const Verb* verb = verbs.find(run.action.verb);
  Words says = run.says;
  if (says.empty()) says = doing(run);
  if (says.empty() && !run.waiting.empty()) says = Words::phrase("wait.for", {{"what", run.waiting}});
  Json json = Json::object({{"action", run.action.to_json()},
                            {"state", to_string(run.state)},
                            {"attempts", run.attempts},
                            {"before", run.before},
                            {"result", run.result},
                            {"undoable", verb && verb->spec().undoable},
                            {"danger", verb ? to_string(verb->spec().danger) : ""},
                            {"stoppable", verb && verb->spec().stoppable},
                            {"progress", runs && run.phase == Phase::kWorking ? runs->progress(run.action.id) : Json()},
                            {"started", time_or_null(run.started)},
                            {"finished", time_or_null(run.finished)}});
  set_words(json, "says", says);
  set_words(json, "doing", doing(run));
  set_words(json, "waiting_for", run.waiting);
  return json;
}

bool has_more_to_start(const PlanRun& run) {
  return !run.ended() && run.stopped.empty() && std::ranges::any_of(run.actions, [](const ActionRun& action) {
    return action.state == ActionState::kProposed || action.state == ActionState::kApproved;
  });
}

// How it ended without having done anything, or in what way it is being ended; "" where it just runs, or has run.
std::string ending(const PlanRun& run) {
  if (run.ended()) return run.state != ActionState::kSkipped ? "" : run.cancelled ? "cancelled" : run.given_up;
  if (run.stopped.empty()) return "";
  if (run.stopped.key() == "act.cancelled") return "cancelling";
  return run.undo ? "undoing" : "stopping";
}

Json plan_status(const PlanRun& run, bool can_be_undone, const Surroundings& around, Duration validity) {
  Json::Array actions;
  for (const ActionRun& action : run.actions) actions.push_back(action_status(action, around.verbs, around.runs));
  constexpr std::string_view kIncident = "incident:";
  const std::string& origin = run.plan.origin;
  Json verify = Json::object({{"state", to_string(run.check.state)}});
  set_words(verify, "says", run.check.says);
  Json json =
      Json::object({{"plan", run.plan.to_json()},
                    {"state", to_string(run.state)},
                    {"ending", ending(run)},
                    {"approved_by", run.approved_by},
                    {"incident", origin.starts_with(kIncident) ? origin.substr(kIncident.size()) : ""},
                    {"expires", run.started() || run.ended() ? Json() : Json(format_time(run.plan.created + validity))},
                    {"in_flight", run.in_flight()},
                    {"in_flight_limit", run.flight_limit()},
                    {"actions", std::move(actions)},
                    {"verify", std::move(verify)},
                    {"can_be_undone", can_be_undone},
                    {"finished", time_or_null(run.finished)}});
  set_words(json, "says", run.says.empty() ? run.stopped : run.says);
  set_words(json, "waiting_for", run.waiting);
  return json;
}

bool is_listed(const PlanRun& run, std::string_view which) {
  const bool waiting = !run.ended() && !run.approved;
  if (which == "waiting") return waiting;
  if (which == "running") return !run.ended() && !waiting;
  if (which == "finished") return run.ended();
  return true;
}

}  // namespace

Json Executor::status_of(const PlanRun& run) const {
  const bool can_be_undone =
      run.ended() && std::ranges::any_of(run.actions, [this](const ActionRun& action) { return can_undo(action); });
  const Time now = around_.clock.now();
  const Words frozen = has_more_to_start(run) ? held_back(run, now) : Words();
  const Duration held = frozen.empty() ? Duration(0) : around_.gate->held_for(run.plan, now);
  Json status = plan_status(run, can_be_undone, around_, options_.validity + held);
  set_words(status, "frozen", frozen);
  status.set("freeze", frozen.place("freeze").text);
  return status;
}

Words Executor::held_back(std::string_view plan, Time now) const {
  const PlanRun* run = book_.plan(plan);
  return run && has_more_to_start(*run) ? held_back(*run, now) : Words();
}

Result<Json> Executor::status(std::string_view plan) const {
  const PlanRun* run = book_.plan(plan);
  if (!run) return fail(ErrorCode::kNotFound, fmt::format("no plan is named '{}'", plan));
  return status_of(*run);
}

Json Executor::list(std::string_view which) const {
  Json::Array plans;
  for (auto run = book_.plans().rbegin(); run != book_.plans().rend(); ++run) {
    if (is_listed(*run, which)) plans.push_back(status_of(*run));
  }
  return plans;
}

Json Executor::open_plans(std::string_view origin) const {
  Json::Array plans;
  for (auto run = book_.plans().rbegin(); run != book_.plans().rend(); ++run) {
    if (run->ended() || run->plan.origin != origin) continue;
    plans.push_back(Json::object({{"id", run->plan.id}, {"state", to_string(run->state)}}));
    set_words(plans.back(), "title", run->plan.title);
  }
  return plans;
}

Json Executor::pause_status() const {
  const Pause* pause = book_.pause("capstan");
  if (!pause) return {};
  return Json::object({{"by", pause->by}, {"reason", pause->reason}, {"at", format_time(pause->at)}});
}

size_t Executor::waiting_for_approval() const {
  return static_cast<size_t>(
      std::ranges::count_if(book_.plans(), [](const PlanRun& run) { return is_listed(run, "waiting"); }));
}

size_t Executor::unknown_actions() const {
  size_t count = 0;
  for (const PlanRun& run : book_.plans()) {
    if (run.ended()) continue;
    count += static_cast<size_t>(std::ranges::count_if(run.actions, [](const ActionRun& action) {
      return action.state == ActionState::kUnknown && !action.resolved;
    }));
  }
  return count;
}

bool Executor::busy() const {
  return std::ranges::any_of(book_.plans(), [](const PlanRun& run) {
    return !run.ended() &&
           std::ranges::any_of(run.actions, [](const ActionRun& action) { return action.phase == Phase::kWorking; });
  });
}

}  // namespace capstan::act
