// A patch merged onto an object.
#pragma once

#include "base/json.h"

namespace capstan::foresee {

// JSON merge patch (RFC 7386): null takes away. Lists of maps that have names are merged name by name, as kubectl does.
Json merge_object(Json onto, const Json& patch);

}  // namespace capstan::foresee
