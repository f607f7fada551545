// Operations on a JSON value, one after the other.
// Source: RFC 6902, "JavaScript Object Notation (JSON) Patch".
#pragma once

#include "base/json.h"
#include "base/result.h"

namespace capstan {

// What becomes of `value`. kInvalidArgument where the operations are no list of such, kFailedPrecondition where one of
// them finds no place or a test fails; the error names its number, counted from 1.
Result<Json> json_patch(const Json& value, const Json& operations);

}  // namespace capstan
