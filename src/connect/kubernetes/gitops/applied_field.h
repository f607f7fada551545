// Whether whoever applies manifests to an object has a word in one of its fields.
// Source: kubernetes.io, "Server-Side Apply" (field management) and "Declarative Management of Kubernetes Objects"
// (the annotation last-applied-configuration).
#pragma once

#include <span>
#include <string_view>

#include "base/json.h"

namespace capstan::kubernetes {

enum class Applied {
  kYes,      // A manifest sets it, and would set it again.
  kNo,       // Manifests were applied, and say nothing of it.
  kUnknown,  // It was changed since by something else, which hides what the manifest says; or nothing tells.
};

// `object` with metadata.managedFields; `path` are names of members: {"spec", "replicas"}. What Capstan has written as
// itself hides nothing: it writes so only where no manifest sets the field.
Applied applied_field(const Json& object, std::span<const std::string_view> path);

}  // namespace capstan::kubernetes
