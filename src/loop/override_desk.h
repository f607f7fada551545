// What people ask for instead of a policy, for a while: "keep trial_user07 up until 22:00".
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"
#include "loop/fleet_queries.h"
#include "loop/loop.h"

namespace capstan::loop {

// Every function runs on the loop's thread. Shapes: docs/reference/api.md.

// Those in force, with what each of them decides over now.
Json overrides_answer(Loop& loop);

// kNotFound for a resource or a policy that there is not; kInvalidArgument for a state that no policy knows, an end
// that is not understood or not ahead; kResourceExhausted where too many are in force.
Result<Json> set_override(Loop& loop, const OverrideRequest& wanted, const std::string& by);
Result<Json> end_override(Loop& loop, const std::string& id, const std::string& by);

}  // namespace capstan::loop
