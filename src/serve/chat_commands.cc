#include "serve/chat_commands.h"

#include <fmt/format.h>

#include <array>

namespace capstan::serve {
namespace {

constexpr size_t kMostListed = 20;
constexpr size_t kMostActions = 10;
constexpr size_t kMostReasons = 40;  // Lines of a "why".

Words count(size_t number) { return std::to_string(number); }
Words text(const Json& json) { return json.string_or_empty(); }
Words number(const Json& json) { return std::to_string(json.int_or(0)); }
Words state(const Json& json) { return Words::phrase("state." + json.string_or_empty()); }

Draft titled(Words title) {
  Draft draft;
  draft.title = std::move(title);
  return draft;
}

// The lines of a list, and how many more there are.
template <class F>
void add_lines(const Json::Array& items, size_t most, Draft& draft, F&& line_of) {
  for (size_t i = 0; i < items.size() && i < most; ++i) draft.lines.push_back(line_of(items[i]));
  if (items.size() > most) draft.lines.push_back(Words::phrase("list.more", {{"count", count(items.size() - most)}}));
}

Result<ChatAnswer> show_status(const ChatCall& call) {
  const Json overview = call.control.overview();
  const Json& counts = overview["counts"];
  Draft draft = titled(Words::phrase("chat.status", {{"host", text(overview["host"]["name"])},
                                                     {"incidents", number(counts["incidents_open"])},
                                                     {"plans", number(counts["plans_waiting"])}}));
  if (const Json& paused = overview["paused"]; !paused.is_null()) {
    draft.lines.push_back(
        Words::phrase("chat.paused_now", {{"by", text(paused["by"])}, {"reason", text(paused["reason"])}}));
  }
  for (const Json& source : overview["sources"].items()) {
    if (source["state"].string_or_empty() == "ok" || draft.lines.size() == kMostListed) continue;
    draft.lines.push_back(
        Words::phrase("chat.source_fails", {{"name", text(source["name"])}, {"error", text(source["error"])}}));
  }
  for (const Json& problem : overview["problems"].items()) {
    if (draft.lines.size() == kMostListed) break;
    draft.lines.push_back(Words::phrase("chat.problem", {{"what", text(problem["message"])}}));
  }
  return ChatAnswer{.says = std::move(draft)};
}

Result<ChatAnswer> list_incidents(const ChatCall& call) {
  const Json answer = TRY(call.control.incidents("open", 1'000));
  const Json::Array& incidents = answer["incidents"].items();
  Draft draft = titled(Words::phrase("chat.incidents", {{"count", count(incidents.size())}}));
  add_lines(incidents, kMostListed, draft, [](const Json& incident) {
    return Words::phrase("chat.incident",
                         {{"id", text(incident["id"])},
                          {"severity", Words::phrase("severity." + incident["severity"].string_or_empty())},
                          {"title", words_of(incident, "title")}});
  });
  return ChatAnswer{.says = std::move(draft)};
}

Words name_of(const Json& plan) {
  return Words::phrase("chat.plan", {{"id", text(plan["id"])}, {"title", words_of(plan, "title")}});
}

Result<ChatAnswer> list_plans(const ChatCall& call) {
  const Json answer = TRY(call.control.plans("waiting"));
  const Json::Array& plans = answer["plans"].items();
  Draft draft = titled(Words::phrase("chat.plans", {{"count", count(plans.size())}}));
  add_lines(plans, kMostListed, draft, [](const Json& status) { return name_of(status["plan"]); });
  return ChatAnswer{.says = std::move(draft)};
}

// An approval binds to what was looked at; so to approve is to be shown the plan, with a button that carries its hash.
Result<ChatAnswer> show_plan(const ChatCall& call) {
  return ChatAnswer{.says = plan_card(TRY(call.control.plan(call.id)))};
}

Result<ChatAnswer> reject(const ChatCall& call) {
  const Json status = TRY(call.control.reject_plan(call.id, call.reason, call.principal.actor()));
  return decided(Words::phrase("chat.rejected", {{"user", call.principal.name}, {"title", name_of(status["plan"])}}));
}

Result<ChatAnswer> undo(const ChatCall& call) {
  const Json status = TRY(call.control.undo_plan(call.id, call.reason, call.principal.actor()));
  return decided(Words::phrase("chat.undoing", {{"user", call.principal.name}, {"title", name_of(status["plan"])}}));
}

Result<ChatAnswer> why(const ChatCall& call) {
  const Json answer = TRY(call.control.why(call.id));
  Draft draft = titled(Words::phrase("chat.why", {{"id", call.id}}));
  add_lines(answer["lines"].items(), kMostReasons, draft, [](const Json& line) { return words_of(line, "says"); });
  return ChatAnswer{.says = std::move(draft)};
}

Result<ChatAnswer> pause(const ChatCall& call) {
  TRY(call.control.pause(call.rest, call.principal.actor()));
  return told(Words::phrase("chat.paused", {{"user", call.principal.name}}));
}

Result<ChatAnswer> resume(const ChatCall& call) {
  TRY(call.control.resume(call.principal.actor()));
  return told(Words::phrase("chat.resumed", {{"user", call.principal.name}}));
}

std::string minute_of(const Json& time) { return time.string_or_empty().substr(0, 16) + "Z"; }

// "web1 up until 22:00 (by user:ann)"
Words override_line(const Json& override) {
  const std::string& kept = override["state"].string_or_empty();
  const std::string& resource = override["resource"].string_or_empty();
  return Words::phrase("chat.override", {{"id", text(override["id"])},
                                         {"resource", resource.empty() ? text(override["policy"]) : Words(resource)},
                                         {"state", Words::phrase(kept == "up"     ? "override.up"
                                                                 : kept == "down" ? "override.down"
                                                                 : kept.empty()   ? "override.alone"
                                                                                  : "override.named",
                                                                 {{"state", kept}})},
                                         {"until", minute_of(override["until"])},
                                         {"user", text(override["by"])}});
}

Result<ChatAnswer> keep(const ChatCall& call) {
  const loop::OverrideRequest wanted = TRY(loop::parse_override_request(call.rest));
  return told(override_line(TRY(call.control.set_override(wanted, call.principal.actor()))));
}

Result<ChatAnswer> release(const ChatCall& call) {
  TRY(call.control.end_override(call.id, call.principal.actor()));
  return told(Words::phrase("chat.released", {{"id", call.id}, {"user", call.principal.name}}));
}

Result<ChatAnswer> list_overrides(const ChatCall& call) {
  const Json answer = TRY(call.control.overrides());
  const Json::Array& overrides = answer["overrides"].items();
  Draft draft = titled(Words::phrase("chat.overrides", {{"count", count(overrides.size())}}));
  add_lines(overrides, kMostListed, draft, override_line);
  return ChatAnswer{.says = std::move(draft)};
}

constexpr auto kCommands = std::to_array<ChatCommand>({
    {"status", Role::kViewer, false, "chat.help.status", show_status},
    {"incidents", Role::kViewer, false, "chat.help.incidents", list_incidents},
    {"plans", Role::kViewer, false, "chat.help.plans", list_plans},
    {"plan", Role::kViewer, true, "chat.help.plan", show_plan},
    {"why", Role::kViewer, true, "chat.help.why", why},
    {"approve", Role::kOperator, true, "chat.help.approve", show_plan},
    {"reject", Role::kOperator, true, "chat.help.reject", reject},
    {"undo", Role::kOperator, true, "chat.help.undo", undo},
    {"pause", Role::kOperator, false, "chat.help.pause", pause},
    {"resume", Role::kOperator, false, "chat.help.resume", resume},
    {"keep", Role::kOperator, false, "chat.help.keep", keep},
    {"overrides", Role::kViewer, false, "chat.help.overrides", list_overrides},
    {"release", Role::kOperator, true, "chat.help.release", release},
});

}  // namespace

std::span<const ChatCommand> chat_commands() { return kCommands; }

ChatAnswer told(Words title) { return {.says = titled(std::move(title))}; }
ChatAnswer decided(Words title) { return {.kind = ChatAnswer::Kind::kDecided, .says = titled(std::move(title))}; }

Draft plan_card(const Json& status) {
  const Json& plan = status["plan"];
  Draft draft = titled(name_of(plan));
  draft.lines.push_back(Words::phrase("chat.state", {{"state", state(status["state"])}}));
  add_lines(status["actions"].items(), kMostActions, draft, [](const Json& run) {
    const Json& action = run["action"];
    return Words::phrase(
        "action.planned",
        {{"verb", text(action["verb"])}, {"target", text(action["target"])}, {"reason", words_of(action, "reason")}});
  });
  std::string policies;
  for (const Json& each : plan["grant"]["policies"].items())
    policies += (policies.empty() ? "" : ", ") + each["policy"].string_or_empty();
  if (plan.contains("left_out")) draft.fields.emplace_back(Words::phrase("field.left_out"), words_of(plan, "left_out"));
  add_frozen(draft, plan["id"].string_or_empty(), words_of(status, "frozen"), status["freeze"].string_or_empty());
  if (!policies.empty()) {
    draft.lines.push_back(Words::phrase(
        "chat.grants", {{"policies", policies}, {"count", count(plan["grant"]["resources"].items().size())}}));
  }
  const std::string value = plan_button_value(plan["id"].string_or_empty(), plan["hash"].string_or_empty());
  if (status["waiting_for"].string_or_empty() == "approval") {
    draft.buttons.push_back({Words::phrase("button.approve"), "", "approve", value});
    draft.buttons.push_back({Words::phrase("button.reject"), "", "reject", value});
  } else if (status["can_be_undone"].bool_or(false)) {
    draft.buttons.push_back({Words::phrase("button.undo"), "", "undo", value});
  }
  return draft;
}

}  // namespace capstan::serve
