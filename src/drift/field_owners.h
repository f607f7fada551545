// Who set which field of an object, as its metadata.managedFields say.
// Source: kubernetes.io, "Server-Side Apply", field management; structured-merge-diff, the format FieldsV1.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "drift/field_path.h"

namespace capstan::drift {

struct FieldOwner {
  std::string manager;      // "kubectl-edit": the program; Kubernetes knows no person.
  std::string operation;    // "Apply" or "Update".
  std::string subresource;  // "scale", "status"; "" for the object itself.
  std::optional<Time> at;   // When it last changed what it owns.

  bool operator==(const FieldOwner&) const = default;
};

// The owners of a field, or of the list or map that it is a part of where that is owned as one; the newest first.
// Whatever is no FieldsV1 owns nothing.
std::vector<FieldOwner> owners_of(const Json& managed_fields, const FieldPath& path);

}  // namespace capstan::drift
