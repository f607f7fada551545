// What a verb does to others than its target, told before it is done.
#pragma once

#include <string>

#include "base/json.h"
#include "model/resource.h"

namespace capstan {

// For a Verb that depends on others than its target, or changes them.
class TellsSideEffects {
 public:
  virtual ~TellsSideEffects() = default;
  // For the people who read the plan, as far as the target itself tells: "pauses Argo CD's application shop for this
  // object"; "" for nothing. Touches nothing; called from the loop.
  virtual std::string beside(const Resource& target, const Json& parameters) const = 0;
};

}  // namespace capstan
