#include "serve/role.h"

#include <fmt/format.h>

#include "base/suggest.h"

namespace capstan::serve {
namespace {

constexpr std::string_view kNames[] = {"viewer", "operator", "admin"};

}  // namespace

std::string_view to_string(Role role) { return kNames[static_cast<size_t>(role)]; }

Result<Role> parse_role(std::string_view text) {
  for (const Role role : {Role::kViewer, Role::kOperator, Role::kAdmin}) {
    if (to_string(role) == text) return role;
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("no role '{}': expected viewer, operator or admin{}", text, did_you_mean(text, kNames)));
}

std::string Principal::actor() const {
  switch (kind) {
    case Kind::kUser: return "user:" + name;
    case Kind::kToken: return "token:" + name;
    case Kind::kLocal: return "local:" + name;
  }
  return name;
}

}  // namespace capstan::serve
