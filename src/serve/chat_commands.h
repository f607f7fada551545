// The commands that can be typed in a chat: "status", "approve plan-3", "keep web1 up until 22:00".
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "loop/control.h"
#include "model/chat.h"
#include "serve/role.h"

namespace capstan::serve {

// Who asks, and for what.
struct ChatCall {
  loop::Control& control;
  const Principal& principal;
  std::string command;  // The first word, in small letters.
  std::string id;       // The second word; "" when there is none.
  std::string rest;     // Behind the first word,
  std::string reason;   // and behind the second.
};

struct ChatCommand {
  std::string_view name;
  Role needs;
  bool needs_id;  // Then `id` is not empty when `run` is called.
  std::string_view help;
  Result<ChatAnswer> (*run)(const ChatCall&);
};

// In the order in which the help lists them.
std::span<const ChatCommand> chat_commands();

// A plan as it is now, with the buttons that decide on it where it waits.
Draft plan_card(const Json& status);

// Answers of one line.
ChatAnswer told(Words title);
ChatAnswer decided(Words title);

}  // namespace capstan::serve
