#include "loop/secret_settings.h"

#include <fmt/format.h>

namespace capstan::loop {
namespace {

constexpr int64_t kMostVersions = 100;
constexpr size_t kMostPolicies = 1'000;

bool names_a_key(std::string_view text) {
  return text.empty() || text.starts_with("file:/") || text.starts_with("env:") || text.starts_with("credential:");
}

}  // namespace

Result<SecretSettings> read_secret_settings(const ConfigNode& node) {
  MapReader reader(node, "secrets");
  SecretSettings settings;
  settings.key = reader.string_or("key", "");
  settings.versions = reader.int_or("versions", settings.versions, 1, kMostVersions);
  if (!names_a_key(settings.key)) {
    reader.problem(reader.at("key"), "'key' must say where the key is: file:/path, env:NAME or credential:NAME");
  }
  if (const ConfigNode* policies = reader.node("policies")) {
    if (!policies->is_map() || policies->members.size() > kMostPolicies) {
      reader.problem(*policies, fmt::format("'policies' must be a map of at most {} policies by name", kMostPolicies));
    }
    for (const ConfigMember& member : policies->members) {
      Result<secret::PasswordPolicy> policy = secret::read_password_policy(member.value);
      if (reader.absorb(policy)) settings.policies.emplace(member.key.scalar, *std::move(policy));
    }
  }
  TRY(reader.finish());
  return settings;
}

}  // namespace capstan::loop
