#include "tell/compose.h"

#include <fmt/format.h>

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

void add_causes(const Incident& incident, Message& message) {
  if (incident.causes.empty()) {
    message.fields.emplace_back("Likely cause", "not known yet");
    return;
  }
  const Cause& best = incident.causes.front();
  message.fields.emplace_back("Likely cause", fmt::format("{} (score {:.0f} %)", best.says, best.score * 100));
  for (const Evidence& evidence : best.evidence) {
    for (const std::string& line : evidence.lines) {
      if (message.code_lines.size() < kMostLines) message.code_lines.push_back(line);
    }
  }
}

void add_lines(const Incident& incident, Message& message) {
  for (const Finding& finding : incident.findings) {
    for (const Evidence& evidence : finding.evidence) {
      for (const std::string& line : evidence.lines) {
        if (message.code_lines.size() < kMostLines) message.code_lines.push_back(line);
      }
    }
  }
}

Message message_about(const Incident& incident, const std::string& page, Seq cause) {
  Message message;
  message.thread = thread_of(incident.id);
  message.severity = incident.severity;
  message.url = incident_url(page, incident.id);
  message.cause = cause;
  return message;
}

Message message_about(const Plan& plan, const std::string& page, Seq cause) {
  Message message;
  const std::string incident = incident_of(plan);
  message.thread = incident.empty() ? "plan:" + plan.id : thread_of(incident);
  if (!page.empty()) message.url = incident.empty() ? page + "/plans/" + plan.id : incident_url(page, incident);
  message.cause = cause;
  return message;
}

}  // namespace

Message compose_opened(const Incident& incident, const std::string& page, Seq cause) {
  Message message = message_about(incident, page, cause);
  message.id = incident.id + ":opened";
  message.title = fmt::format("[{}] {}", to_string(incident.severity), incident.title);
  message.fields.emplace_back("Incident", incident.id);
  add_causes(incident, message);
  add_lines(incident, message);
  if (!incident.recommended.empty()) {
    message.fields.emplace_back("Recommended", incident.recommended.front().title);
    if (!message.url.empty()) message.buttons.push_back({"Look and approve", message.url});
  } else if (!message.url.empty()) {
    message.buttons.push_back({"Look", message.url});
  }
  for (const Finding& finding : incident.findings) {
    if (!finding.remedy.empty()) message.text += (message.text.empty() ? "" : "\n") + finding.remedy;
  }
  return message;
}

Message compose_changed(const Incident& incident, const std::string& says, const std::string& page, Seq cause) {
  Message message = message_about(incident, page, cause);
  message.id = fmt::format("{}:changed:{}", incident.id, cause);
  message.title = fmt::format("{}: {}", incident.id, says);
  add_causes(incident, message);
  return message;
}

Message compose_closed(const Incident& incident, const std::string& page, Seq cause) {
  Message message = message_about(incident, page, cause);
  message.id = incident.id + ":closed";
  message.title = fmt::format("[closed] {}", incident.title);
  message.fields.emplace_back("Incident", incident.id);
  message.fields.emplace_back(
      "Lasted", format_duration(std::chrono::round<std::chrono::seconds>(incident.closed - incident.opened)));
  add_causes(incident, message);
  return message;
}

Message compose_plan_waiting(const Plan& plan, const std::string& page, Seq cause) {
  Message message = message_about(plan, page, cause);
  message.id = plan.id + ":waiting";
  message.severity = Severity::kMedium;
  message.title = "To be approved: " + plan.title;
  for (size_t i = 0; i < plan.actions.size() && i < kMostActions; ++i) {
    const Action& action = plan.actions[i];
    message.text += fmt::format("{}{} on {}: {}", i > 0 ? "\n" : "", action.verb, action.target, action.reason);
  }
  if (plan.actions.size() > kMostActions)
    message.text += fmt::format("\nand {} more", plan.actions.size() - kMostActions);
  message.fields.emplace_back("Asked by", plan.origin);
  message.fields.emplace_back("Plan", plan.id);
  if (!message.url.empty()) message.buttons.push_back({"Look and decide", message.url});
  return message;
}

Message compose_action_unknown(const Plan& plan, const std::string& action, const std::string& says,
                               const std::string& page, Seq cause) {
  Message message = message_about(plan, page, cause);
  message.id = fmt::format("{}:unknown:{}", action, cause);  // Tried again, it may end like that again.
  message.severity = Severity::kHigh;
  message.title = "Nobody knows whether this happened: " + plan.title;
  for (const Action& each : plan.actions) {
    if (each.id == action) message.fields.emplace_back("Action", fmt::format("{} on {}", each.verb, each.target));
  }
  message.fields.emplace_back("Plan", plan.id);
  message.text = says + ". Look at the target, and say what happened; until then the plan goes no further.";
  if (!message.url.empty()) message.buttons.push_back({"Say what happened", message.url});
  return message;
}

Message compose_notice(const std::string& id, const ResourceId& resource, const std::string& to,
                       const std::string& says, const std::string& page) {
  Message message;
  message.id = id;
  message.title = says;
  message.fields.emplace_back("For", to);
  message.fields.emplace_back("Resource", resource);
  if (!page.empty()) message.url = page + "/policies";
  return message;
}

Message compose_plan_finished(const Plan& plan, ActionState state, const std::string& says, const std::string& by,
                              const std::string& page, Seq cause) {
  Message message = message_about(plan, page, cause);
  message.id = fmt::format("{}:{}", plan.id, to_string(state));  // One that is undone later ends a second time.
  const bool bad = state == ActionState::kFailed || state == ActionState::kUnknown || state == ActionState::kPartial;
  message.severity = bad ? Severity::kHigh : Severity::kInfo;
  message.title = fmt::format("{}: {}", plan.title, to_string(state));
  message.text = says;
  message.fields.emplace_back("Plan", plan.id);
  if (!by.empty()) message.fields.emplace_back("Approved by", by);
  return message;
}

}  // namespace capstan::tell
