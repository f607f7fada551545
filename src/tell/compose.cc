#include "tell/compose.h"

#include <fmt/format.h>

#include "model/chat.h"
#include "model/span.h"

namespace capstan::tell {
namespace {

constexpr size_t kMostLines = 5;
constexpr size_t kMostActions = 10;

std::string incident_url(const std::string& page, const std::string& id) {
  return page.empty() ? "" : page + "/incidents/" + id;
}

std::string thread_of(const std::string& incident) { return "incident:" + incident; }

// "inc-12" of "incident:inc-12", "" for other origins.
std::string incident_of(const Plan& plan) {
  constexpr std::string_view kPrefix = "incident:";
  return plan.origin.starts_with(kPrefix) ? plan.origin.substr(kPrefix.size()) : "";
}

Words word_of(Severity severity) { return Words::phrase("severity." + std::string(to_string(severity))); }

void add_field(Draft& draft, std::string_view name, Words value) {
  draft.fields.emplace_back(Words::phrase(name), std::move(value));
}

void add_link(Draft& draft, std::string_view label) {
  if (!draft.url.empty()) draft.buttons.push_back({Words::phrase(label), draft.url});
}

// What a decision binds to is in the button: a plan that has changed since is not decided on.
void add_decisions(Draft& draft, const Plan& plan) {
  const std::string value = plan_button_value(plan.id, plan.hash());
  draft.buttons.push_back({Words::phrase("button.approve"), "", "approve", value});
  draft.buttons.push_back({Words::phrase("button.reject"), "", "reject", value});
}

void add_code(Draft& draft, const std::vector<Evidence>& evidence) {
  for (const Evidence& piece : evidence) {
    for (const std::string& line : piece.lines) {
      if (draft.code_lines.size() < kMostLines) draft.code_lines.push_back(line);
    }
  }
}

void add_causes(const Incident& incident, Draft& draft) {
  if (incident.causes.empty()) return add_field(draft, "field.cause", Words::phrase("cause.unknown"));
  const Cause& best = incident.causes.front();
  add_field(draft, "field.cause",
            Words::phrase("cause.scored", {{"says", best.says}, {"score", fmt::format("{:.0f}", best.score * 100)}}));
  add_code(draft, best.evidence);
}

// `alike` is the phrase for many of them.
Draft draft_about(const Incident& incident, const Words& alike, const std::string& page, Seq cause) {
  Draft draft;
  if (!incident.findings.empty()) {
    draft.alike = alike.with("rule", incident.findings.front().rule);
  }
  draft.thread = thread_of(incident.id);
  draft.severity = incident.severity;
  draft.url = incident_url(page, incident.id);
  draft.cause = cause;
  return draft;
}

Draft draft_about(const Plan& plan, const std::string& page, Seq cause) {
  Draft draft;
  const std::string incident = incident_of(plan);
  draft.thread = incident.empty() ? "plan:" + plan.id : thread_of(incident);
  if (!page.empty()) draft.url = incident.empty() ? page + "/plans/" + plan.id : incident_url(page, incident);
  draft.cause = cause;
  return draft;
}

}  // namespace

Draft compose_opened(const Incident& incident, const std::string& page, Seq cause) {
  Draft draft = draft_about(incident, Words::phrase("digest.opened"), page, cause);
  draft.id = incident.id + ":opened";
  draft.title = Words::phrase("incident.opened", {{"severity", word_of(incident.severity)}, {"title", incident.title}});
  add_field(draft, "field.incident", incident.id);
  add_causes(incident, draft);
  for (const Finding& finding : incident.findings) add_code(draft, finding.evidence);
  if (incident.recommended.empty()) {
    add_link(draft, "button.look");
  } else {
    add_field(draft, "field.recommended", incident.recommended.front().title);
    add_decisions(draft, incident.recommended.front());
    add_link(draft, "button.look_and_approve");
  }
  for (const Finding& finding : incident.findings) {
    if (!finding.remedy.empty()) draft.lines.emplace_back(finding.remedy);
  }
  return draft;
}

Draft compose_changed(const Incident& incident, const Words& says, const std::string& page, Seq cause) {
  Draft draft = draft_about(incident, Words::phrase("digest.changed"), page, cause);
  draft.id = fmt::format("{}:changed:{}", incident.id, cause);
  // The cause itself is told below.
  const Words news = says.key() == "incident.new_cause" ? Words::phrase("incident.cause_changed") : says;
  draft.title = Words::phrase("incident.changed", {{"title", incident.title}, {"says", news}});
  add_field(draft, "field.incident", incident.id);
  add_causes(incident, draft);
  return draft;
}

Draft compose_closed(const Incident& incident, const std::string& page, Seq cause) {
  Draft draft = draft_about(incident, Words::phrase("digest.closed"), page, cause);
  draft.id = incident.id + ":closed";
  draft.title = Words::phrase("incident.closed", {{"title", incident.title}});
  add_field(draft, "field.incident", incident.id);
  add_field(draft, "field.lasted",
            say_span(std::chrono::round<std::chrono::seconds>(incident.closed - incident.opened)));
  add_causes(incident, draft);
  return draft;
}

Draft compose_plan_waiting(const Plan& plan, const PlanHold& held, const std::string& page, Seq cause) {
  Draft draft = draft_about(plan, page, cause);
  draft.id = plan.id + ":waiting";
  draft.severity = Severity::kMedium;
  draft.title = Words::phrase("plan.waiting", {{"title", plan.title}});
  for (size_t i = 0; i < plan.actions.size() && i < kMostActions; ++i) {
    const Action& action = plan.actions[i];
    draft.lines.push_back(
        Words::phrase("action.planned", {{"verb", action.verb}, {"target", action.target}, {"reason", action.reason}}));
  }
  if (plan.actions.size() > kMostActions) {
    draft.lines.push_back(Words::phrase("list.more", {{"count", std::to_string(plan.actions.size() - kMostActions)}}));
  }
  if (!plan.left_out.empty()) add_field(draft, "field.left_out", plan.left_out);
  add_field(draft, "field.asked_by", word_of_actor(plan.origin));
  add_field(draft, "field.plan", plan.id);
  add_frozen(draft, plan.id, held.says, held.freeze);
  add_decisions(draft, plan);
  add_link(draft, "button.look_and_decide");
  return draft;
}

Draft compose_action_unknown(const Plan& plan, const std::string& action, const Words& says, const std::string& page,
                             Seq cause) {
  Draft draft = draft_about(plan, page, cause);
  draft.id = fmt::format("{}:unknown:{}", action, cause);  // Tried again, it may end like that again.
  draft.severity = Severity::kHigh;
  draft.title = Words::phrase("action.unknown", {{"title", plan.title}});
  for (const Action& each : plan.actions) {
    if (each.id != action) continue;
    add_field(draft, "field.action", Words::phrase("action.on", {{"verb", each.verb}, {"target", each.target}}));
  }
  add_field(draft, "field.plan", plan.id);
  draft.lines.push_back(Words::phrase("action.unknown_says", {{"says", says}}));
  add_link(draft, "button.say_what_happened");
  return draft;
}

Draft compose_notice(const std::string& id, const ResourceId& resource, const std::string& to, const Words& says,
                     const std::string& page) {
  Draft draft;
  draft.id = id;
  draft.title = says;
  add_field(draft, "field.for", to);
  add_field(draft, "field.resource", resource);
  if (!page.empty()) draft.url = page + "/policies";
  return draft;
}

Draft compose_plan_finished(const Plan& plan, const PlanEnd& end, const std::string& page, Seq cause) {
  Draft draft = draft_about(plan, page, cause);
  draft.id = fmt::format("{}:{}", plan.id, to_string(end.state));  // One that is undone later ends a second time.
  const bool bad =
      end.state == ActionState::kFailed || end.state == ActionState::kUnknown || end.state == ActionState::kPartial;
  draft.severity = bad ? Severity::kHigh : Severity::kInfo;
  draft.title = Words::phrase("plan.finished", {{"title", plan.title}, {"state", word_of(end.state)}});
  if (!end.says.empty()) draft.lines.emplace_back(end.says);
  add_field(draft, "field.plan", plan.id);
  if (!end.by.empty()) add_field(draft, "field.approved_by", word_of_actor(end.by));
  if (end.can_be_undone) {
    draft.buttons.push_back({Words::phrase("button.undo"), "", "undo", plan_button_value(plan.id, plan.hash())});
  }
  return draft;
}

}  // namespace capstan::tell
