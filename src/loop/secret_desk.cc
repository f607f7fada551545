#include "loop/secret_desk.h"

#include "connect/vault/vault_session.h"
#include "connect/vault/vault_store.h"

namespace capstan::loop {
namespace {

constexpr Duration kRound{5'000};

}  // namespace

// In the order in which they need each other.
struct SecretDesk::Vault {
  Vault(const vault::VaultSettings& settings, const Parts& parts)
      : client(settings, parts.http, parts.heard),
        session(client, settings.auth, parts.references, parts.clock),
        store(client, session, settings.mount) {}

  vault::VaultClient client;
  vault::VaultSession session;
  vault::VaultStore store;
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
  std::shared_ptr<Vault> vault;
  {
    std::lock_guard lock(mutex_);
    vault = vault_;
  }
  if (!vault) return;
  const Status well = vault->session.maintain();
  parts_.report(well ? "" : well.error().message);
}

}  // namespace capstan::loop
