#include "loop/service_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/secret.h"

namespace capstan::loop {
namespace {

constexpr auto kSecretWords = std::to_array<std::string_view>({"password", "secret", "token", "key"});

bool sounds_secret(std::string_view name) {
  return !name.ends_with("_file") && std::ranges::any_of(kSecretWords, [&](std::string_view word) {
    return name.find(word) != std::string_view::npos;
  });
}

}  // namespace

Result<std::vector<ServiceSettings>> read_service_settings(const ConfigNode& node) {
  if (!node.is_map()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'services' must be a map of names, found {}", node.describe()), node.where);
  }
  std::vector<ServiceSettings> all;
  for (const ConfigMember& member : node.members) {
    if (!member.value.is_map()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the service '{}' must be a map with 'url', found {}", member.key.scalar,
                              member.value.describe()),
                  member.value.where);
    }
    for (const ConfigMember& setting : member.value.members) {
      if (!sounds_secret(setting.key.scalar) || is_secret_reference(setting.value.scalar)) continue;
      return fail(
          ErrorCode::kInvalidArgument,
          fmt::format("'{}' must refer to a secret: env:NAME, file:/path or secret:PATH#FIELD", setting.key.scalar),
          setting.value.where);
    }
    all.push_back({member.key.scalar, member.value.to_json(), member.key.where});
  }
  return all;
}

}  // namespace capstan::loop
