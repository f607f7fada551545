#include "foresee/object_edit.h"

#include "base/config.h"
#include "base/json_patch.h"
#include "foresee/object_diff.h"

namespace capstan::foresee {

ObjectDocuments read_json_patch(std::string_view text, std::string_view file, const std::string& on) {
  Result<std::vector<ConfigNode>> documents = parse_yaml(text, file);
  if (!documents) return {.documents = {}, .problems = {documents.error()}};
  ObjectDocuments read;
  for (const ConfigNode& document : *documents) {
    Json operations = document.to_json();
    if (operations.is_array()) {
      read.documents.push_back(
          {Json::object({{std::string(kOnMember), on}, {std::string(kJsonPatchMember), std::move(operations)}}),
           document.where});
    } else {
      read.problems.push_back({ErrorCode::kInvalidArgument,
                               "a JSON patch must be a list of operations with 'op' and 'path'", document.where});
    }
  }
  return read;
}

bool is_edit(const Json& document) { return document.contains(kJsonPatchMember) || document.contains(kDiffMember); }

Result<Json> edit(const Json& object, const Json& document) {
  if (document.contains(kDiffMember)) return apply_diff(object, document[kDiffMember]);
  return json_patch(object, document[kJsonPatchMember]);
}

}  // namespace capstan::foresee
