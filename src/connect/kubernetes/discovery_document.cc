#include "connect/kubernetes/discovery_document.h"

#include <algorithm>
#include <utility>

namespace capstan::kubernetes {
namespace {

std::vector<std::string> sorted_strings(const Json& list) {
  std::vector<std::string> strings;
  for (const Json& item : list.items()) strings.push_back(item.string_or_empty());
  std::ranges::sort(strings);
  return strings;
}

ResourceType read_type(const Json& resource, const std::string& group, const std::string& version) {
  ResourceType type;
  type.group = group;
  type.version = version;
  type.plural = resource["resource"].string_or_empty();
  type.kind = resource["responseKind"]["kind"].string_or_empty();
  type.namespaced = resource["scope"].string_or_empty() == "Namespaced";
  type.verbs = sorted_strings(resource["verbs"]);
  type.short_names = sorted_strings(resource["shortNames"]);
  for (const Json& one : resource["subresources"].items()) {
    type.subresources.push_back(one["subresource"].string_or_empty());
  }
  std::ranges::sort(type.subresources);
  return type;
}

}  // namespace

DiscoveryDocument read_group_discovery(const Json& body) {
  DiscoveryDocument document;
  for (const Json& item : body["items"].items()) {
    const std::string group = item["metadata"]["name"].string_or_empty();
    for (const Json& one : item["versions"].items()) {
      const std::string version = one["version"].string_or_empty();
      if (one["freshness"].string_or_empty() == "Stale") {
        document.stale.push_back(ResourceType{.group = group, .version = version}.api_version());
      }
      for (const Json& resource : one["resources"].items()) {
        ResourceType type = read_type(resource, group, version);
        if (!type.plural.empty()) document.types.push_back(std::move(type));
      }
    }
  }
  return document;
}

std::vector<ResourceType> read_resource_list(const Json& body, const std::string& api_version) {
  const size_t group_end = api_version.find('/');
  const std::string group = group_end == std::string::npos ? "" : api_version.substr(0, group_end);
  const std::string version = group_end == std::string::npos ? api_version : api_version.substr(group_end + 1);
  std::vector<ResourceType> types;
  std::vector<std::pair<std::string, std::string>> subresources;
  for (const Json& resource : body["resources"].items()) {
    const std::string& name = resource["name"].string_or_empty();
    if (const size_t slash = name.find('/'); slash != std::string::npos) {
      subresources.emplace_back(name.substr(0, slash), name.substr(slash + 1));
      continue;
    }
    if (name.empty()) continue;
    ResourceType type;
    type.group = group;
    type.version = version;
    type.plural = name;
    type.kind = resource["kind"].string_or_empty();
    type.namespaced = resource["namespaced"].bool_or(false);
    type.verbs = sorted_strings(resource["verbs"]);
    type.short_names = sorted_strings(resource["shortNames"]);
    types.push_back(std::move(type));
  }
  std::ranges::sort(subresources);
  for (auto& [plural, name] : subresources) {
    const auto owner = std::ranges::find(types, plural, &ResourceType::plural);
    if (owner != types.end()) owner->subresources.push_back(std::move(name));
  }
  return types;
}

std::vector<std::string> read_group_list(const Json& body) {
  std::vector<std::string> versions;
  for (const Json& version : body["versions"].items()) versions.push_back(version.string_or_empty());
  for (const Json& group : body["groups"].items()) {
    const std::string& preferred = group["preferredVersion"]["groupVersion"].string_or_empty();
    if (!preferred.empty()) versions.push_back(preferred);
    for (const Json& one : group["versions"].items()) {
      const std::string& version = one["groupVersion"].string_or_empty();
      if (version != preferred) versions.push_back(version);
    }
  }
  return versions;
}

}  // namespace capstan::kubernetes
