// The message with whose buttons a plan is decided on, as the plan is now: what holds it back, who decided, how it
// ended.
#pragma once

#include <optional>
#include <string>

#include "model/action.h"
#include "model/draft.h"

namespace capstan::tell {

// What a card says beside what it was made of.
struct PlanNow {
  bool waits = false;  // For a person's approval: else the buttons that decide go.
  ActionState state = ActionState::kProposed;
  std::string by;      // Who approved it; "" for nobody.
  Words says;          // How it ended: "rejected by user:ann: too early".
  Words frozen;        // "frozen by year-end until …"; nothing when nothing holds it back.
  std::string freeze;  // The freeze's name.
};

// The plan whose approval the buttons of a message ask for; nothing where they ask for none.
std::optional<std::string> plan_asked_for(const Draft& draft);

// The same message as the plan is now. `first` is the message as it was told first.
Draft as_now(const Draft& first, const std::string& plan, const PlanNow& now);

}  // namespace capstan::tell
