#include "loop/password_desk.h"

#include "secret/rotation.h"

namespace capstan::loop {

Result<RotationReport> PasswordDesk::change(const PasswordChange& change) {
  const std::shared_ptr<VersionedSecretStore> store = TRY(store_());
  const secret::RotationParts parts{.store = *store,
                                    .set_password = change.set_password,
                                    .try_login = change.try_login,
                                    .make_password = [&] { return make_(change.rule); }};
  return change.first ? secret::issue_password(parts, change.path) : secret::rotate_password(parts, change.path);
}

Result<RotationReport> PasswordDesk::recover(const PasswordChange& change) {
  const std::shared_ptr<VersionedSecretStore> store = TRY(store_());
  const secret::RotationParts parts{.store = *store,
                                    .set_password = change.set_password,
                                    .try_login = change.try_login,
                                    .make_password = [&] { return make_(change.rule); }};
  if (!change.first) return secret::recover_password(parts, change.path);
  // A first password that is only pending may be set or not; issuing it again finds out, and is harmless.
  const Result<SecretRecord> found = store->read(change.path);
  if (!found && found.error().code != ErrorCode::kNotFound) return fail(found.error());
  const bool issued = found && found->fields.contains("password");
  return RotationReport{.end = issued ? RotationEnd::kRotated : RotationEnd::kRefused,
                        .version = found ? found->version.version : 0};
}

Result<int64_t> PasswordDesk::version(const std::string& path) {
  const std::shared_ptr<VersionedSecretStore> store = TRY(store_());
  const Result<SecretRecord> found = store->read(path);
  if (found) return found->version.version;
  if (found.error().code == ErrorCode::kNotFound) return 0;
  return fail(found.error());
}

}  // namespace capstan::loop
