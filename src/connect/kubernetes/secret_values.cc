#include "connect/kubernetes/secret_values.h"

namespace capstan::kubernetes {

bool keeps_secrets(const ResourceType& type) { return type.group.empty() && type.plural == "secrets"; }

void hide_values(Json& secret) {
  for (auto& [name, member] : secret.mutable_members()) {
    if (name == "data" || name == "stringData") {
      if (!member.is_object()) member = Json::object();
      for (auto& [key, value] : member.mutable_members()) value = nullptr;
    } else if (name == "metadata" && member["annotations"].is_object()) {
      member.mutable_members()["annotations"].mutable_members().erase(
          "kubectl.kubernetes.io/last-applied-configuration");
    }
  }
}

}  // namespace capstan::kubernetes
