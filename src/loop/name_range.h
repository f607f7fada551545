// Many names as one: "trial_user{01..45}".
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace capstan::loop {

// A name without braces is one. kInvalidArgument where the braces make no sense, kResourceExhausted for more names than
// `most`.
Result<std::vector<std::string>> expand_names(const std::string& name, size_t most);

}  // namespace capstan::loop
