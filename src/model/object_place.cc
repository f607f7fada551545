#include "model/object_place.h"

#include <algorithm>

namespace capstan {
namespace {

bool is_namespace(const KindSpec& kind) {
  return kind.objects && kind.objects->group.empty() && kind.objects->resource == "namespaces";
}

// Takes the last segment off.
std::string take_last(std::string_view& path) {
  const size_t slash = path.rfind('/');
  std::string last(slash == std::string_view::npos ? path : path.substr(slash + 1));
  path = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  return last;
}

}  // namespace

ObjectPlace object_place(const KindSpec& kind, std::string_view id) {
  if (!kind.objects || kind.objects->identity.empty() || kind.objects->identity.front() != "cluster") return {};
  if (!id.starts_with(kind.name + "/")) return {};
  std::string_view path = id.substr(kind.name.size() + 1);
  const auto segments = static_cast<size_t>(std::ranges::count(path, '/')) + 1;
  const std::vector<std::string>& identity = kind.objects->identity;
  ObjectPlace place;
  for (auto part = identity.rbegin(); part != identity.rend() - 1; ++part) {
    if (*part == "namespace" && segments < identity.size()) continue;  // This one lies in none.
    std::string text = take_last(path);
    if (*part == "namespace") place.space = std::move(text);
    if (*part == "name") place.name = std::move(text);
  }
  place.cluster = path;
  if (is_namespace(kind)) place.space = place.name;
  return place;
}

ResourceId namespace_id(const std::vector<KindSpec>& kinds, const ObjectPlace& place) {
  const auto kind = std::ranges::find_if(kinds, is_namespace);
  if (kind == kinds.end() || place.space.empty()) return {};
  return kind->name + "/" + place.cluster + "/" + place.space;
}

}  // namespace capstan
