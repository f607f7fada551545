// What a person did in Slack, read from what Slack sends: a slash command, a press of a button, a form.
// Source: Slack API documentation, "Handling user interaction", "block_actions payload", "view_submission payload",
// "Implementing slash commands".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace capstan::slack {

// Where Slack sends it: the envelope's type in socket mode, the path by HTTP.
enum class Door { kInteractive, kCommand };

struct Interaction {
  enum class Kind { kCommand, kPress, kForm };
  Kind kind = Kind::kCommand;
  std::string user;          // "U012AB3CD"
  std::string text;          // What was typed: behind the command, or as the reason in a form.
  std::string action;        // Of the button.
  std::string value;         // Of the button.
  std::string response_url;  // Where answers go. Who has it can answer: a secret.
  std::string trigger;       // Opens a form within three seconds; and different each time.
  Json blocks;               // Of the message whose button was pressed; null where only its reader sees it.
  std::string memo;          // What the form was opened with.
};

// kInvalidArgument for what is none of them, naming what was expected. A payload that asks for nothing here, such as
// the press of a link, gives one without an action.
Result<Interaction> read_interaction(Door door, const Json& payload);

// The same from the body of an HTTP request: a form whose fields are the command's, or whose field `payload` is JSON.
Result<Json> payload_of_form(Door door, std::string_view body);

// The same blocks without the buttons that decide; links stay. With a line below that says what was decided.
Json settled_blocks(const Json& blocks, const std::string& says);

// The form that asks for a reason; `memo` comes back with it, at most 3000 characters.
struct ReasonForm {
  std::string title;  // At most 24 characters, as the two buttons' labels.
  std::string label;
  std::string submit;
  std::string close;
  std::string memo;
};
Json reason_view(const ReasonForm& form);

// What the buttons that decide are called in a message: "capstan-approve". Links are called otherwise.
inline constexpr std::string_view kDecisionPrefix = "capstan-";

}  // namespace capstan::slack
