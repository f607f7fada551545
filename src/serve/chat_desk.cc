#include "serve/chat_desk.h"

#include <algorithm>
#include <optional>

#include "model/slack_fact.h"
#include "serve/chat_commands.h"

namespace capstan::serve {
namespace {

using loop::Control;

ChatAnswer failed(const Error& error) { return told(Words::phrase("chat.failed", {{"error", error.message}})); }

ChatAnswer refused(const Principal& principal, Role needed) {
  return told(
      Words::phrase("chat.needs_role",
                    {{"needed", to_string(needed)}, {"user", principal.name}, {"role", to_string(principal.role)}}));
}

ChatAnswer help(Words title) {
  ChatAnswer answer = told(std::move(title));
  for (const ChatCommand& command : chat_commands()) answer.says.lines.push_back(Words::phrase(command.help));
  answer.says.lines.push_back(Words::phrase("chat.help.unlink"));
  return answer;
}

// Takes the first word off.
std::string next_word(std::string_view& text) {
  const size_t begin = std::min(text.find_first_not_of(" \t\n"), text.size());
  const size_t end = std::min(text.find_first_of(" \t\n", begin), text.size());
  const std::string word(text.substr(begin, end - begin));
  text.remove_prefix(std::min(text.find_first_not_of(" \t\n", end), text.size()));
  return word;
}

std::string in_small_letters(std::string word) {
  std::ranges::transform(word, word.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return word;
}

ChatCall read_call(Control& control, const Principal& principal, std::string_view text) {
  ChatCall call{.control = control, .principal = principal};
  call.command = in_small_letters(next_word(text));
  call.rest = text;
  call.id = next_word(text);
  call.reason = text;
  return call;
}

ChatAnswer answer_command(Control& control, const Principal& principal, const std::string& text) {
  const ChatCall call = read_call(control, principal, text);
  if (call.command.empty() || call.command == "help") return help(Words::phrase("chat.help"));
  const auto found = std::ranges::find(chat_commands(), call.command, &ChatCommand::name);
  if (found == chat_commands().end()) return help(Words::phrase("chat.no_command", {{"command", call.command}}));
  if (principal.role < found->needs) return refused(principal, found->needs);
  if (found->needs_id && call.id.empty()) {
    return told(Words::phrase("chat.needs_id", {{"command", call.command}}));
  }
  Result<ChatAnswer> answer = found->run(call);
  return answer ? *std::move(answer) : failed(answer.error());
}

// What became of a plan that cannot be decided on as it was shown: it was decided on already, has changed, or is gone.
ChatAnswer explain_refusal(const Control& control, const PlanButton& button, const Error& error) {
  const auto status = control.plan(button.plan);
  if (!status) return failed(error);
  if ((*status)["waiting_for"].string_or_empty() != "approval") {
    const Words state = Words::phrase("state." + (*status)["state"].string_or_empty());
    return decided(Words::phrase("chat.already", {{"plan", button.plan}, {"state", state}}));
  }
  if ((*status)["plan"]["hash"].string_or_empty() == button.hash) return failed(error);
  ChatAnswer answer = decided(Words::phrase("chat.changed", {{"plan", button.plan}}));
  Draft card = plan_card(*status);
  answer.says.lines = std::move(card.lines);
  answer.says.buttons = std::move(card.buttons);
  return answer;
}

Words title_of(const Json& status) { return words_of(status["plan"], "title"); }

ChatAnswer approve(Control& control, const Principal& principal, const PlanButton& button) {
  const auto status = control.approve_plan(button.plan, button.hash, principal.actor());
  if (!status) return explain_refusal(control, button, status.error());
  return decided(Words::phrase("chat.approved", {{"user", principal.name}, {"title", title_of(*status)}}));
}

ChatAnswer reject(Control& control, const Principal& principal, const PlanButton& button, const std::string& reason) {
  const auto status = control.reject_plan(button.plan, reason, principal.actor());
  if (!status) return explain_refusal(control, button, status.error());
  ChatAnswer answer = decided(Words::phrase("chat.rejected", {{"user", principal.name}, {"title", title_of(*status)}}));
  if (!reason.empty()) answer.says.lines.push_back(Words::phrase("chat.reason", {{"reason", reason}}));
  return answer;
}

ChatAnswer undo(Control& control, const Principal& principal, const PlanButton& button) {
  const auto status = control.undo_plan(button.plan, "", principal.actor());
  if (status) return decided(Words::phrase("chat.undoing", {{"user", principal.name}, {"title", title_of(*status)}}));
  ChatAnswer answer = failed(status.error());
  const auto now = control.plan(button.plan);
  // A button that can never do anything again goes.
  if (now && !(*now)["can_be_undone"].bool_or(false)) answer.kind = ChatAnswer::Kind::kDecided;
  return answer;
}

// Whether the plan still waits, and is the one that was shown.
bool is_as_shown(const Json& status, const PlanButton& button) {
  return status["waiting_for"].string_or_empty() == "approval" &&
         status["plan"]["hash"].string_or_empty() == button.hash;
}

ChatAnswer answer_button(Control& control, const Principal& principal, const ChatRequest& request) {
  const std::optional<PlanButton> button = read_plan_button(request.value);
  const bool is_known = request.action == "approve" || request.action == "reject" || request.action == "undo";
  if (!button || !is_known) return told(Words::phrase("chat.no_button"));
  if (principal.role < Role::kOperator) return refused(principal, Role::kOperator);
  if (request.action == "approve") return approve(control, principal, *button);
  if (request.action == "undo") return undo(control, principal, *button);
  const auto status = control.plan(button->plan);
  if (!status) return failed(status.error());
  // Nobody is asked for a reason that changes nothing any more.
  if (!is_as_shown(*status, *button))
    return explain_refusal(control, *button, {ErrorCode::kFailedPrecondition, "the plan is no longer waiting"});
  if (request.kind == ChatRequest::Kind::kPress) return {.kind = ChatAnswer::Kind::kAskReason};
  return reject(control, principal, *button, request.text);
}

}  // namespace

// A code tells who reads it nothing about the account, and the account nothing about a user: it proves the one side.
ChatAnswer ChatDesk::link(const ChatRequest& request, const std::string& user) const {
  if (!user.empty()) return told(Words::phrase("chat.linked", {{"account", request.account}, {"user", user}}));
  ChatAnswer answer = told(Words::phrase("chat.link", {{"code", parts_.codes.make(request.account)}}));
  answer.says.lines.push_back(Words::phrase("chat.link_how"));
  return answer;
}

ChatAnswer ChatDesk::unlink(const ChatRequest& request) const {
  const std::string user = parts_.users.linked_user(request.account);
  if (user.empty()) return told(Words::phrase("chat.not_linked_here", {{"account", request.account}}));
  if (const Status ended = parts_.users.unlink(request.account); !ended) return failed(ended.error());
  const std::string actor = "user:" + user;
  const Status recorded =
      parts_.control.record({parts_.clock.now(), std::string(fact_kind::kSlackUnlinked), "slack:" + request.account,
                             Json::object({{"account", request.account}, {"user", user}, {"by", actor}}), 0, actor});
  if (!recorded) return failed(recorded.error());
  return told(Words::phrase("chat.no_longer_linked", {{"account", request.account}, {"user", user}}));
}

ChatAnswer ChatDesk::answer(const ChatRequest& request) const {
  // What the settings declare comes first: who may write them decides.
  const std::string linked = request.user.empty() ? parts_.users.linked_user(request.account) : request.user;
  std::string_view text = request.text;
  const std::string word = request.kind == ChatRequest::Kind::kCommand ? in_small_letters(next_word(text)) : "";
  if (word == "link") return link(request, linked);
  if (word == "unlink") return unlink(request);
  if (linked.empty()) return told(Words::phrase("chat.unlinked", {{"account", request.account}}));
  const std::vector<User> users = parts_.users.users();
  const auto user = std::ranges::find(users, linked, &User::name);
  if (user == users.end()) {
    return told(Words::phrase("chat.no_user", {{"account", request.account}, {"user", linked}}));
  }
  const Principal principal{.kind = Principal::Kind::kUser, .name = user->name, .role = user->role};
  if (request.kind == ChatRequest::Kind::kCommand) return answer_command(parts_.control, principal, request.text);
  return answer_button(parts_.control, principal, request);
}

}  // namespace capstan::serve
