// What no plan may ask of a verb, whoever proposes it: checked when a policy is read and again before an intent.
#pragma once

#include "base/result.h"
#include "model/verb.h"

namespace capstan {

// Names, types and presence of parameters, as the verb declares them.
Status check_parameters(const VerbSpec& verb, const Json& parameters);

// Whether the verb acts on resources of this kind.
Status check_target_kind(const VerbSpec& verb, std::string_view kind);

// Both.
Status check_request(const VerbSpec& verb, const Resource& target, const Json& parameters);

// A duration written as "5s"; `otherwise` when absent. Between 0 and `most`.
Result<Duration> duration_parameter(const Json& parameters, std::string_view name, Duration otherwise, Duration most);

}  // namespace capstan
