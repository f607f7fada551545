#include "drift/list_keys.h"

#include <algorithm>
#include <array>

namespace capstan::drift {
namespace {

constexpr std::array<std::string_view, 1> kName = {"name"};
constexpr std::array<std::string_view, 1> kIp = {"ip"};
constexpr std::array<std::string_view, 1> kType = {"type"};
constexpr std::array<std::string_view, 1> kUid = {"uid"};
constexpr std::array<std::string_view, 1> kMountPath = {"mountPath"};
constexpr std::array<std::string_view, 1> kDevicePath = {"devicePath"};
constexpr std::array<std::string_view, 2> kContainerPort = {"containerPort", "protocol"};
constexpr std::array<std::string_view, 2> kServicePort = {"port", "protocol"};
constexpr std::array<std::string_view, 2> kSpread = {"topologyKey", "whenUnsatisfiable"};

struct KeyedList {
  std::string_view parent;  // The name of the field that holds the list's field; "" for any.
  std::string_view field;
  std::span<const std::string_view> keys;
};
constexpr std::array<KeyedList, 29> kKeyed = {{{"spec", "containers", kName},
                                               {"spec", "initContainers", kName},
                                               {"spec", "ephemeralContainers", kName},
                                               {"spec", "volumes", kName},
                                               {"spec", "imagePullSecrets", kName},
                                               {"spec", "hostAliases", kIp},
                                               {"spec", "topologySpreadConstraints", kSpread},
                                               {"spec", "resourceClaims", kName},
                                               {"spec", "schedulingGates", kName},
                                               {"containers", "env", kName},
                                               {"containers", "ports", kContainerPort},
                                               {"containers", "volumeMounts", kMountPath},
                                               {"containers", "volumeDevices", kDevicePath},
                                               {"initContainers", "env", kName},
                                               {"initContainers", "ports", kContainerPort},
                                               {"initContainers", "volumeMounts", kMountPath},
                                               {"initContainers", "volumeDevices", kDevicePath},
                                               {"ephemeralContainers", "env", kName},
                                               {"ephemeralContainers", "ports", kContainerPort},
                                               {"ephemeralContainers", "volumeMounts", kMountPath},
                                               {"ephemeralContainers", "volumeDevices", kDevicePath},
                                               {"resources", "claims", kName},
                                               {"spec", "ports", kServicePort},
                                               {"", "secrets", kName},
                                               {"", "webhooks", kName},
                                               {"metadata", "ownerReferences", kUid},
                                               {"status", "conditions", kType},
                                               {"webhooks", "matchConditions", kName},
                                               {"spec", "matchConditions", kName}}};

struct SetList {
  std::string_view parent;
  std::string_view field;
};
constexpr std::array<SetList, 4> kSets = {
    {{"metadata", "finalizers"}, {"spec", "finalizers"}, {"spec", "podCIDRs"}, {"names", "shortNames"}}};

bool is_built_in(std::string_view group) {
  return group.find('.') == std::string_view::npos || group.ends_with(".k8s.io");
}

}  // namespace

ListKind list_kind(std::string_view group, const FieldPath& path) {
  std::string_view names[2];  // The last, and the one before.
  size_t found = 0;
  for (auto step = path.rbegin(); step != path.rend() && found < 2; ++step) {
    if (const std::string* name = std::get_if<std::string>(&*step)) names[found++] = *name;
  }
  const auto here = [&](const auto& list) {
    return list.field == names[0] && (list.parent.empty() || list.parent == names[1]);
  };
  // Metadata is the same for all; the rest of a custom resource is its own.
  if (!is_built_in(group) && names[1] != "metadata") return {};
  if (std::ranges::any_of(kSets, here)) return {.is_set = true, .keys = {}};
  const auto keyed = std::ranges::find_if(kKeyed, here);
  return keyed == kKeyed.end() ? ListKind() : ListKind{.is_set = false, .keys = keyed->keys};
}

Json key_of(const Json& item, const ListKind& kind) {
  Json key = Json::object();
  for (std::string_view name : kind.keys) {
    const Json& value = item[name];
    if (value.is_null() && name != "protocol") return {};
    key.set(name, value.is_null() ? Json("TCP") : value);
  }
  return key;
}

}  // namespace capstan::drift
