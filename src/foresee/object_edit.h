// Changes of objects that are no whole objects: operations of a JSON patch, lines of a diff.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "foresee/object_documents.h"

namespace capstan::foresee {

// A document with these two members holds the operations of a JSON patch (RFC 6902) and what they are for:
// "deploy/web".
inline constexpr std::string_view kOnMember = "$on";
inline constexpr std::string_view kJsonPatchMember = "$jsonPatch";

// What a text holds, as a document: the list of operations of a JSON patch for `on`.
ObjectDocuments read_json_patch(std::string_view text, std::string_view file, const std::string& on);

// Whether a document says only what is different.
bool is_edit(const Json& document);

// What the document makes of the object. Errors are those of `json_patch` and `apply_diff`.
Result<Json> edit(const Json& object, const Json& document);

}  // namespace capstan::foresee
