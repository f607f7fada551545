#include "connect/slack/blocks.h"

#include <algorithm>

#include "connect/slack/interaction.h"

namespace capstan::slack {
namespace {

// Limits of Block Kit.
constexpr size_t kHeaderLimit = 150;
constexpr size_t kFieldLimit = 2000;
constexpr size_t kSectionLimit = 3000;
constexpr size_t kFieldsInSection = 10;
constexpr size_t kButtonLimit = 75;
constexpr size_t kUrlLimit = 3000;
constexpr size_t kValueLimit = 2000;
constexpr size_t kButtonsInBlock = 25;
// Slack shows a notification's fallback text whole up to this; longer ones it cuts itself.
constexpr size_t kFallbackLimit = 3000;

Json plain_text(std::string_view text, size_t limit) {
  return Json::object({{"type", "plain_text"}, {"text", cut(text, limit)}, {"emoji", false}});
}

Json mrkdwn(std::string text) {
  return Json::object({{"type", "mrkdwn"}, {"text", std::move(text)}, {"verbatim", true}});
}

std::string_view mark_of(Severity severity) {
  switch (severity) {
    case Severity::kCritical:
    case Severity::kHigh: return "\xF0\x9F\x94\xB4 ";    // Red circle.
    case Severity::kMedium: return "\xF0\x9F\x9F\xA0 ";  // Orange circle.
    default: return "";
  }
}

// Header text is plain and one line.
std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

// mrkdwn has no escape for what makes text bold, struck or code: whoever's text holds one of them gets no bold name.
Json field(const std::string& name, const std::string& value) {
  if (value.find_first_of("*_~`") != std::string::npos) return plain_text(name + "\n" + value, kFieldLimit);
  return mrkdwn(cut("*" + escape(name) + "*\n" + escape(value), kFieldLimit));
}

void add_fields(const Message& message, Json& blocks) {
  Json::Array fields;
  for (const auto& [name, value] : message.fields) {
    if (value.empty()) continue;
    fields.push_back(field(name, value));
    if (fields.size() == kFieldsInSection) break;
  }
  if (!fields.empty()) blocks.push_back(Json::object({{"type", "section"}, {"fields", std::move(fields)}}));
}

void add_code(const Message& message, Json& blocks) {
  if (message.code_lines.empty()) return;
  std::string code;
  for (const std::string& line : message.code_lines) code += (code.empty() ? "" : "\n") + line;
  // Preformatted rich text shows everything as it is: backticks in a log line end nothing.
  const Json text = Json::object({{"type", "text"}, {"text", cut(code, kSectionLimit)}});
  const Json part = Json::object({{"type", "rich_text_preformatted"}, {"elements", Json::array({text})}});
  blocks.push_back(Json::object({{"type", "rich_text"}, {"elements", Json::array({part})}}));
}

Json link_button(const MessageButton& button, size_t number) {
  return Json::object({{"type", "button"},
                       {"action_id", "link-" + std::to_string(number)},
                       {"text", plain_text(button.label, kButtonLimit)},
                       {"url", button.url}});
}

Json decision_button(const MessageButton& button) {
  Json json = Json::object({{"type", "button"},
                            {"action_id", std::string(kDecisionPrefix) + button.action},
                            {"text", plain_text(button.label, kButtonLimit)},
                            {"value", button.value}});
  if (button.action == "approve") json.set("style", "primary");
  if (button.action == "reject") json.set("style", "danger");
  return json;
}

void add_buttons(const Message& message, Answers answers, Json& blocks) {
  Json::Array buttons;
  for (const MessageButton& button : message.buttons) {
    if (buttons.size() == kButtonsInBlock) break;
    if (!button.action.empty()) {
      // Where nobody listens, a press would end in an error of Slack's.
      if (answers == Answers::kHeard && button.value.size() <= kValueLimit) buttons.push_back(decision_button(button));
    } else if (!button.url.empty() && button.url.size() <= kUrlLimit) {
      buttons.push_back(link_button(button, buttons.size() + 1));
    }
  }
  if (!buttons.empty()) blocks.push_back(Json::object({{"type", "actions"}, {"elements", std::move(buttons)}}));
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string cut(std::string_view text, size_t limit) {
  const size_t length = static_cast<size_t>(std::ranges::count_if(text, [](char c) { return !continues(c); }));
  if (length <= limit) return std::string(text);
  size_t end = 0;
  for (size_t taken = 0; end < text.size(); ++end) {
    if (!continues(text[end]) && taken++ == limit - 1) break;
  }
  // An escape that was begun and not ended would show as text: drop it.
  const size_t ampersand = text.substr(0, end).rfind('&');
  if (ampersand != std::string_view::npos && end - ampersand < 5 &&
      text.substr(ampersand, end - ampersand).find(';') == std::string_view::npos) {
    end = ampersand;
  }
  return std::string(text.substr(0, end)) + "\xE2\x80\xA6";
}

Json render(const Message& message, Answers answers) {
  Json blocks = Json::array();
  const std::string title = one_line(std::string(mark_of(message.severity)) + message.title);
  blocks.push_back(Json::object({{"type", "header"}, {"text", plain_text(title, kHeaderLimit)}}));
  add_fields(message, blocks);
  if (!message.text.empty()) {
    blocks.push_back(Json::object({{"type", "section"}, {"text", plain_text(message.text, kSectionLimit)}}));
  }
  add_code(message, blocks);
  add_buttons(message, answers, blocks);
  return Json::object({{"text", cut(escape(title), kFallbackLimit)}, {"blocks", std::move(blocks)}});
}

}  // namespace capstan::slack
