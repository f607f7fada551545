#include "connect/kubernetes/resource_type.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/url.h"

namespace capstan::kubernetes {
namespace {

// What the API server accepts in a path; the rules for each type's names are stricter, and its own to tell.
Status check_segment(std::string_view what, std::string_view text) {
  if (text.empty() || text == "." || text == ".." || text.find_first_of("/%") != std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' cannot be the {} of a Kubernetes object", text, what));
  }
  return {};
}

}  // namespace

bool ResourceType::can(std::string_view verb) const { return std::ranges::find(verbs, verb) != verbs.end(); }

bool ResourceType::has_subresource(std::string_view name) const {
  return std::ranges::find(subresources, name) != subresources.end();
}

std::string ResourceType::api_version() const { return group.empty() ? version : group + "/" + version; }

std::string ResourceType::name() const { return group.empty() ? plural : plural + "." + group; }

Result<std::string> resource_path(const ResourceType& type, const ObjectName& object, std::string_view subresource) {
  std::string path = (type.group.empty() ? "/api/" : "/apis/") + type.api_version();
  if (!object.name_space.empty()) {
    if (!type.namespaced) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("{} are not in a namespace", type.name()));
    }
    TRY(check_segment("namespace", object.name_space));
    path += "/namespaces/" + percent_encode(object.name_space);
  }
  path += "/" + type.plural;
  if (object.name.empty()) return path;
  if (type.namespaced && object.name_space.empty()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("one of {} needs a namespace", type.name()));
  }
  TRY(check_segment("name", object.name));
  path += "/" + percent_encode(object.name);
  if (!subresource.empty()) path += "/" + std::string(subresource);
  return path;
}

}  // namespace capstan::kubernetes
