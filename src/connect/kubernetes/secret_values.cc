#include "connect/kubernetes/secret_values.h"

#include "base/mask_secrets.h"

namespace capstan::kubernetes {
namespace {

bool is_secret(const std::string& name) { return speaks_of_secret(name) && !names_a_place(name); }

void mask_value(const std::string& name, Json& value) {
  if (!value.is_string() || value.string_or_empty().empty()) return;
  value = is_secret(name) ? std::string(kMask) : mask_argument(value.string_or_empty());
}

// "--password=x", and "--password" followed by "x".
void mask_arguments(Json& arguments) {
  bool mask_next = false;
  for (Json& argument : arguments.mutable_items()) {
    if (!argument.is_string()) continue;
    const std::string text = argument.string_or_empty();
    const bool is_option = text.starts_with('-');
    argument = mask_next && !is_option ? std::string(kMask) : mask_argument(text);
    mask_next = is_option && text.find('=') == std::string::npos && is_secret(text);
  }
}

void mask_within(Json& value) {
  if (value.is_array()) {
    for (Json& item : value.mutable_items()) mask_within(item);
  }
  if (!value.is_object()) return;
  const std::string name = value["name"].string_or_empty();
  for (auto& [key, member] : value.mutable_members()) {
    if (key == "value" && !name.empty()) {
      mask_value(name, member);
    } else if ((key == "args" || key == "command") && member.is_array()) {
      mask_arguments(member);
    } else {
      mask_within(member);
    }
  }
}

}  // namespace

bool keeps_secrets(const ResourceType& type) { return type.group.empty() && type.plural == "secrets"; }

void hide_values(Json& secret) {
  for (auto& [name, member] : secret.mutable_members()) {
    if (name == "data" || name == "stringData") {
      if (!member.is_object()) member = Json::object();
      for (auto& [key, value] : member.mutable_members()) value = kMask;
    } else if (name == "metadata" && member["annotations"].is_object()) {
      member.mutable_members()["annotations"].mutable_members().erase(
          "kubectl.kubernetes.io/last-applied-configuration");
    }
  }
}

void mask_values(Json& object) {
  for (auto& [name, member] : object.mutable_members()) {
    if (name == "spec") {
      mask_within(member);
    } else if (name == "data" && member.is_object()) {
      for (auto& [key, value] : member.mutable_members()) mask_value(key, value);
    } else if (name == "metadata" && member["annotations"].is_object()) {
      // A copy of the whole object, with what was just masked in it.
      member.mutable_members()["annotations"].mutable_members().erase(
          "kubectl.kubernetes.io/last-applied-configuration");
    }
  }
}

}  // namespace capstan::kubernetes
