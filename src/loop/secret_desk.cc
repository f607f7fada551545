#include "loop/secret_desk.h"

#include <fmt/format.h>

#include "connect/vault/vault_leases.h"
#include "connect/vault/vault_store.h"

namespace capstan::loop {
namespace {

constexpr Duration kRound{5'000};
constexpr Duration kLook{30'000};

}  // namespace

// In the order in which they need each other.
struct SecretDesk::Vault {
  Vault(const vault::VaultSettings& settings, const Parts& parts)
      : client(settings, parts.http, parts.heard),
        session(client, settings.auth, parts.references, parts.clock),
        store(client, session, settings.mount),
        leases(client, session, parts.clock) {}

  vault::VaultClient client;
  vault::VaultSession session;
  vault::VaultStore store;
  vault::VaultLeases leases;
};

void SecretDesk::apply(const SecretSettings& secrets, const vault::VaultSettings& vault) {
  std::lock_guard lock(mutex_);
  if (!(secrets == settings_)) sealed_.reset();
  settings_ = secrets;
  if (vault == vault_settings_) return;
  vault_settings_ = vault;
  vault_ = vault.address.empty() ? nullptr : std::make_shared<Vault>(vault, parts_);
}

Result<std::shared_ptr<VersionedSecretStore>> SecretDesk::store() {
  std::lock_guard lock(mutex_);
  if (vault_) return std::shared_ptr<VersionedSecretStore>(vault_, &vault_->store);
  return TRY(sealed());
}

Result<std::shared_ptr<secret::SealedStore>> SecretDesk::sealed() {
  if (!sealed_) {
    sealed_ = TRY(secret::SealedStore::open(
        {.directory = parts_.directory, .key = settings_.key, .most_versions = settings_.versions},
        secret::process_environment(), parts_.clock, parts_.random, parts_.heard));
  }
  return sealed_;
}

std::shared_ptr<SecretDesk::Vault> SecretDesk::vault() {
  std::lock_guard lock(mutex_);
  return vault_;
}

Result<SecretFields> SecretDesk::leased(std::string_view path) {
  const std::shared_ptr<Vault> from = vault();
  if (!from)
    return fail(ErrorCode::kFailedPrecondition, "there is no 'vault' in the settings that could make a secret");
  return from->leases.get(path);
}

Result<Secret> SecretDesk::generate(std::string_view policy) {
  std::optional<secret::PasswordPolicy> ours;
  {
    std::lock_guard lock(mutex_);
    const auto found = settings_.policies.find(policy);
    if (found != settings_.policies.end()) ours = found->second;
  }
  if (!ours && policy.empty()) ours = secret::default_password_policy();
  if (ours) {
    Secret password = TRY(secret::generate_password(*ours, parts_.random));
    parts_.heard(password.reveal());
    return password;
  }
  if (const std::shared_ptr<Vault> from = vault()) return from->leases.generate_password(policy);
  return fail(ErrorCode::kNotFound, fmt::format("the settings have no password policy '{}' below 'secrets'", policy));
}

Status SecretDesk::rekey(std::string_view key) {
  std::lock_guard lock(mutex_);
  if (vault_) return fail(ErrorCode::kFailedPrecondition, "the secrets are in the Vault, which has keys of its own");
  return TRY(sealed())->rekey(key);
}

void SecretDesk::start() {
  maintainer_ = std::jthread([this](const std::stop_token& stop) {
    std::unique_lock lock(wake_mutex_);
    do {
      lock.unlock();
      maintain();
      lock.lock();
    } while (!wake_.wait_for(lock, stop, kRound, [&stop] { return stop.stop_requested(); }));
  });
}

void SecretDesk::stop() {
  if (!maintainer_.joinable()) return;
  maintainer_.request_stop();
  maintainer_.join();
}

void SecretDesk::maintain() {
  const std::shared_ptr<Vault> from = vault();
  if (!from) return;
  Status well = from->session.maintain();
  if (well) well = from->leases.maintain();
  // A token that needs no renewal yet says nothing of how the Vault is.
  const Duration now = parts_.clock.monotonic();
  if (well && looked_ && now - *looked_ < kLook) return;
  if (well) {
    const auto looked = from->session.ask({.path = "auth/token/lookup-self"});
    if (!looked) well = fail(looked.error());
  }
  looked_ = well ? std::optional(now) : std::nullopt;
  parts_.report(well ? "" : well.error().message);
}

}  // namespace capstan::loop
