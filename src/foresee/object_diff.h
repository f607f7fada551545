// What `kubectl diff` prints, as changes of objects.
// Source: kubernetes.io, "kubectl diff": a unified diff of the objects' YAML, a file an object, named
// GROUP.VERSION.KIND.NAMESPACE.NAME.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "foresee/object_documents.h"

namespace capstan::foresee {

// The member of a document that holds the lines of its diff; "@@ 12" stands before those that begin at the 12th line
// of what was compared.
inline constexpr std::string_view kDiffMember = "$diff";

// Whether a text is a unified diff.
bool is_diff(std::string_view text);

// A document each object: whole where the object is new, with "$patch: delete" where it goes, else with its "$diff".
ObjectDocuments read_diff(std::string_view text, std::string_view file);

// An object as the lines of a diff leave it. The object may have fewer fields than the one that was compared, and more
// than its context shows. kFailedPrecondition where a line that goes is not there, as the object has changed since.
Result<Json> apply_diff(const Json& object, const Json& lines);

}  // namespace capstan::foresee
