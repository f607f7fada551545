#include "connect/kubernetes/gitops/applied_field.h"

#include <algorithm>
#include <array>
#include <string>

#include "connect/kubernetes/api_client.h"

namespace capstan::kubernetes {
namespace {

constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

// What these write they write from manifests, though not by server-side apply.
constexpr auto kAppliers = std::to_array<std::string_view>(
    {"argocd-application-controller", "argocd-controller", "helm", "helm-controller", "kustomize-controller"});

bool has_path(const Json& object, std::span<const std::string_view> path) {
  const Json* at = &object;
  for (const std::string_view name : path) {
    if (!at->contains(name)) return false;
    at = &(*at)[name];
  }
  return true;
}

// A member stands as "f:name" in the set of fields that a manager owns.
bool owns(const Json& entry, std::span<const std::string_view> path) {
  const Json* at = &entry["fieldsV1"];
  for (const std::string_view name : path) {
    const std::string key = "f:" + std::string(name);
    if (!at->contains(key)) return false;
    at = &(*at)[key];
  }
  return true;
}

bool applies(const Json& entry) {
  if (!entry["subresource"].string_or_empty().empty()) return false;
  const std::string& manager = entry["manager"].string_or_empty();
  return entry["operation"].string_or_empty() == "Apply" || std::ranges::find(kAppliers, manager) != kAppliers.end();
}

}  // namespace

Applied applied_field(const Json& object, std::span<const std::string_view> path) {
  bool was_applied = false;
  if (const Json& text = object["metadata"]["annotations"][kLastApplied]; text.is_string()) {
    const auto manifest = Json::parse(text.string_or_empty());
    if (manifest && has_path(*manifest, path)) return Applied::kYes;
    // What kubectl's way of applying has noted is exact: whoever changed the field since is not the manifest.
    if (manifest && manifest->is_object()) was_applied = true;
  }
  bool is_noted = was_applied;
  bool is_taken_over = false;
  for (const Json& entry : object["metadata"]["managedFields"].items()) {
    if (entry["manager"].string_or_empty() == WriteOptions().field_manager) continue;
    const bool by_manifest = applies(entry);
    was_applied = was_applied || by_manifest;
    if (!owns(entry, path)) continue;
    if (by_manifest) return Applied::kYes;
    is_taken_over = true;
  }
  if (!was_applied) return Applied::kUnknown;
  return is_taken_over && !is_noted ? Applied::kUnknown : Applied::kNo;
}

}  // namespace capstan::kubernetes
