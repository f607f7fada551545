#include "connect/vault/vault_leases.h"

#include <fmt/format.h>

namespace capstan::vault {
namespace {

constexpr size_t kMostHeld = 1'000;
constexpr Duration kMargin{5'000};
constexpr Duration kPause{5'000};

}  // namespace

VaultLeases::VaultLeases(const VaultClient& client, VaultSession& session, const Clock& clock)
    : client_(client), session_(session), clock_(clock) {}

Result<SecretFields> VaultLeases::get(std::string_view path) {
  TRY(check_secret_path(path));
  std::lock_guard lock(mutex_);
  const Duration now = clock_.monotonic();
  const auto found = held_.find(path);
  if (found != held_.end() && now + kMargin < found->second.ends) return found->second.fields;
  const VaultAnswer answer = TRY(during(fmt::format("the secret {}", path), session_.ask({.path = encode_path(path)})));
  if (!answer.data.is_object()) return fail(ErrorCode::kCorrupt, fmt::format("the secret {} has no fields", path));
  Held held;
  for (const auto& [name, value] : answer.data.members()) {
    Secret secret(value.is_string() ? value.string_or_empty() : value.dump());
    client_.hear(secret.reveal());
    held.fields.emplace(name, std::move(secret));
  }
  if (answer.lease.id.empty()) return held.fields;
  if (found == held_.end() && held_.size() >= kMostHeld) {
    return fail(ErrorCode::kResourceExhausted, fmt::format("more than {} leases of the Vault are held", kMostHeld));
  }
  take(held, answer.lease);
  return (held_[std::string(path)] = std::move(held)).fields;
}

void VaultLeases::take(Held& held, const VaultLease& lease) const {
  const Duration now = clock_.monotonic();
  held.lease = lease;
  held.ends = now + lease.ttl;
  held.renew = now + lease.ttl * 2 / 3;
}

Status VaultLeases::maintain() {
  std::lock_guard lock(mutex_);
  const Duration now = clock_.monotonic();
  Status first;
  for (auto at = held_.begin(); at != held_.end();) {
    if (now >= at->second.ends) {
      at = held_.erase(at);
      continue;
    }
    if (now >= at->second.renew && at->second.lease.renewable) {
      Status renewed = during(fmt::format("renewing the lease of {}", at->first), renew(at->second));
      if (!renewed && first) first = std::move(renewed);
    }
    ++at;
  }
  return first;
}

Status VaultLeases::renew(Held& held) {
  held.renew = clock_.monotonic() + kPause;
  const VaultAnswer answer = TRY(session_.ask(
      {.method = "POST", .path = "sys/leases/renew", .body = Json::object({{"lease_id", held.lease.id}})}));
  take(held, answer.lease);
  return {};
}

Status VaultLeases::revoke() {
  std::lock_guard lock(mutex_);
  Status first;
  for (auto at = held_.begin(); at != held_.end();) {
    const auto revoked = session_.ask(
        {.method = "POST", .path = "sys/leases/revoke", .body = Json::object({{"lease_id", at->second.lease.id}})});
    if (!revoked && first)
      first = during(fmt::format("ending the lease of {}", at->first), Status(fail(revoked.error())));
    at = revoked ? held_.erase(at) : std::next(at);
  }
  return first;
}

Result<Secret> VaultLeases::generate_password(std::string_view policy) {
  const VaultAnswer answer =
      TRY(session_.ask({.path = fmt::format("sys/policies/password/{}/generate", encode_path(policy))}));
  const std::string& password = answer.data["password"].string_or_empty();
  if (password.empty()) return fail(ErrorCode::kCorrupt, "the Vault generated no password");
  client_.hear(password);
  return Secret(password);
}

}  // namespace capstan::vault
