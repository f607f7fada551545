// What somebody may do, and who somebody is.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace capstan::serve {

// Each may do all that the ones before it may.
enum class Role {
  kViewer,    // Reads everything.
  kOperator,  // Also approves, rejects, runs, pauses and resumes.
  kAdmin,     // Also makes and removes users and tokens.
};

std::string_view to_string(Role role);
Result<Role> parse_role(std::string_view text);

// Who made a request, once that is known.
struct Principal {
  enum class Kind { kUser, kToken, kLocal };
  Kind kind = Kind::kUser;
  std::string name;
  Role role = Role::kViewer;

  // As facts name it: "user:alice", "token:grafana", "local:root".
  std::string actor() const;
};

}  // namespace capstan::serve
