// Messages in Slack's form: Block Kit within its limits, text that survives mrkdwn.
// Source: Slack API documentation, "Reference: blocks", "Formatting text for app surfaces".
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "model/message.h"

namespace capstan::slack {

// Escapes what mrkdwn gives a meaning in plain text: & < >.
std::string escape(std::string_view text);

// Cuts to at most `limit` characters (Unicode code points, as Slack counts), with an ellipsis in place of the rest;
// never inside a UTF-8 sequence or an escape such as "&amp;".
std::string cut(std::string_view text, size_t limit);

// Whether somebody hears what people press.
enum class Answers { kUnheard, kHeard };

// {"text": fallback, "blocks": […]}: a header, fields, text, code lines, buttons; at most 50 blocks.
// Buttons that decide are there only where answers are heard.
Json render(const Message& message, Answers answers = Answers::kUnheard);

}  // namespace capstan::slack
