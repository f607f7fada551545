// Checks and reads the parameters of the host's verbs.
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "model/verb.h"

namespace capstan::host {

// Whether the target is of a kind the verb takes and every parameter is known, of its type, and there when required.
Status check_parameters(const VerbSpec& spec, const Resource& target, const Json& parameters);

// A duration written as "5s"; `otherwise` when absent. Between 0 and `most`.
Result<Duration> duration_parameter(const Json& parameters, std::string_view name, Duration otherwise, Duration most);

Performed failed(std::string says);
Performed succeeded(std::string says, Json result = Json::object());

}  // namespace capstan::host
