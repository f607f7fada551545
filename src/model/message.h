// What is told to people, before any channel gives it a form.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "model/finding.h"

namespace capstan {

struct MessageButton {
  std::string label;        // "Approve"
  std::string url;          // The page that does it; "" for a button that does it itself.
  std::string action = {};  // "approve", "reject", "undo": for channels in which people can answer; "" for a link.
  std::string value = {};   // What the action is bound to (src/model/chat.h).
};

struct Message {
  using Button = MessageButton;
  std::string id;      // One a message for all time: the same id is never sent twice to a channel.
  std::string thread;  // Messages of one incident share it; channels that know threads keep them together.
  Severity severity = Severity::kInfo;
  std::string title;                                        // Plain text, one line.
  std::vector<std::pair<std::string, std::string>> fields;  // "Cause" -> "process x (pid 42) …", plain text.
  std::string text;                                         // Plain text, may be many lines.
  std::vector<std::string> code_lines;                      // Log lines and such, shown as they are.
  std::vector<Button> buttons;
  std::string url;  // Where more is.
  Seq cause = 0;
  std::string replaces = {};  // The channel's own reference of the message whose place it takes; "" for a new one.

  Json to_json() const;
};

// How a delivery ended. The error's message says what a person has to do: "invite the bot to #ops: /invite @capstan".
struct Delivery {
  Status status;
  bool retry = false;       // The same message may succeed later.
  Duration retry_after{0};  // What the counterpart asked for; 0: the sender's own back-off.
  std::string reference;    // The channel's own id of the message, for threads.
};

// A way to people. Called from workers; thread-safe.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual std::string_view name() const = 0;
  // Whether it can put a message in the place of one that it has sent.
  virtual bool can_revise() const { return false; }
  virtual Delivery send(const Message& message, const std::string& thread_reference, const std::stop_token& stop) = 0;
};

}  // namespace capstan
