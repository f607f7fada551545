// What people ask in a chat, and what they are answered: between the connector that speaks the chat's protocol and the
// part that knows who may do what.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "model/draft.h"

namespace capstan {

struct ChatRequest {
  enum class Kind {
    kCommand,  // `text` is what was typed: "approve plan-3".
    kPress,    // A button was pressed: `action` and `value` are the button's.
    kForm,     // The form that a press led to was sent: `text` is the reason in it, `action` and `value` as pressed.
  };
  Kind kind = Kind::kCommand;
  std::string account;  // Who asks, as the chat names them: "U012AB3CD".
  std::string user;     // The Capstan user whom the settings link to that account; "" for none.
  std::string text;
  std::string action;
  std::string value;
};

struct ChatAnswer {
  enum class Kind {
    kTold,      // For the eyes of who asked; whatever was pressed stays as it is.
    kDecided,   // The same, and the message that was pressed is settled: it says so and loses its buttons.
    kAskReason  // Nothing has happened yet: the form for a reason is to be shown.
  };
  Kind kind = Kind::kTold;
  Draft says;
};

// Called from workers; may take some seconds.
using ChatHandler = std::function<ChatAnswer(const ChatRequest&)>;

// What the buttons of a plan carry, so that a decision binds to what was looked at: "<hash> <plan id>".
std::string plan_button_value(std::string_view plan, std::string_view hash);
struct PlanButton {
  std::string plan;
  std::string hash;
};
std::optional<PlanButton> read_plan_button(std::string_view value);

// What a message about a plan says of the freeze that holds it back: a field, and how a person lets it through all the
// same. `says` is the gate's sentence; nothing where nothing holds it back.
void add_frozen(Draft& draft, std::string_view plan, const Words& says, std::string_view freeze);
void remove_frozen(Draft& draft);

}  // namespace capstan
