// Whatever a file looks like, an edit is what was asked for and nothing else, or an error.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/config.h"
#include "drift/field_owners.h"
#include "drift/manifest_file.h"
#include "drift/unified_diff.h"

namespace {

using namespace capstan;

// The first scalar of a document that is an object, and how to get there.
bool first_scalar(const ConfigNode& node, drift::FieldPath& path) {
  for (const ConfigMember& member : node.members) {
    path.emplace_back(member.key.scalar);
    if (member.value.is_scalar() || first_scalar(member.value, path)) return true;
    path.pop_back();
  }
  for (size_t i = 0; i < node.items.size(); ++i) {
    path.emplace_back(i);
    if (node.items[i].is_scalar() || first_scalar(node.items[i], path)) return true;
    path.pop_back();
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const Result<Json> managed = Json::parse(text)) {
    (void)drift::owners_of(*managed,
                           {"spec", drift::ItemKey{Json::object({{"name", "a"}})}, drift::ItemValue{1}, size_t{2}});
  }
  const drift::ObjectInFile object{.api_version = "v1", .kind = "A", .name_space = "", .name = "a"};
  const Result<std::vector<ConfigNode>> documents = parse_yaml(text, "f");
  if (!documents) return 0;
  for (const ConfigNode& document : *documents) {
    drift::FieldPath path;
    if (!first_scalar(document, path)) continue;
    (void)drift::place_of(text, "f", object, path);
    for (const Json& value : {Json(), Json("x: y"), Json::object({{"b", Json::array({1, "no"})}})}) {
      if (const auto changed = drift::with_field(text, "f", object, path, value)) {
        (void)drift::unified_diff("f", text, *changed);
      }
    }
  }
  (void)drift::without_object(text, "f", object);
  return 0;
}
