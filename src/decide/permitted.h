// Whether an override that a person has set since a plan was made lets an action of it go on.
#pragma once

#include <string_view>

#include "decide/override.h"
#include "decide/policy.h"

namespace capstan::decide {

// True for what the policy would do under the override: start what is kept up, stop what is kept down. What is left
// alone, and what a policy does once, it does not let through.
bool permits(const Override& override, const Policy& policy, std::string_view verb);

}  // namespace capstan::decide
