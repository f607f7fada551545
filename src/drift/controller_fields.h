// Fields that a controller sets by right, whatever a manifest says of them: changes of these are told, and are no
// drift.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "drift/field_owners.h"
#include "drift/field_path.h"

namespace capstan::drift {

// Who changed it, as a sentence: "set by the autoscaler web"; "" where nobody has a right to.
// `scaled_by` names the autoscaler of the object, "" where there is none.
std::string rightful_change(const Json& object, const FieldPath& path, const std::string& scaled_by,
                            const std::optional<FieldOwner>& owner);

}  // namespace capstan::drift
