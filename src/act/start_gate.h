// Says why an action must not start now for reasons that are not its plan's own: a change freeze.
#pragma once

#include "model/action.h"

namespace capstan::act {

// Asked by the executor's thread at every tick, for whatever is ready to start. What is under way is never asked about,
// nor is undoing.
class StartGate {
 public:
  virtual ~StartGate() = default;
  // "frozen by year-end until 2027-01-02 09:00 Asia/Seoul"; "" when it may start.
  virtual Words held_back(const Plan& plan, const Action& action, Time now) const = 0;
  // For how long, between the plan's making and `now`, an action of it was held back: that long it does not age.
  virtual Duration held_for(const Plan& plan, Time now) const = 0;
};

}  // namespace capstan::act
