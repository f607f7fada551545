#include "loop/password_desk.h"

namespace capstan::loop {
std::vector<Error> PasswordDesk::load(const ConfigTree& config) {
  std::map<std::string, secret::PasswordPolicy> policies;
  std::vector<Error> problems;
  for (const bool from_pack : {true, false}) {
    for (const auto& [path, file] : config.files()) {
      if (file.from_pack != from_pack) continue;
      for (const ConfigNode& document : file.of(DocumentKind::kPasswordPolicy)) read(document, policies, problems);
    }
  }
  policies_.write([&](Policies& known) { known = std::move(policies); });
  return problems;
}

void PasswordDesk::read(const ConfigNode& document, Policies& policies, std::vector<Error>& problems) const {
  MapReader reader(document, "a password policy");
  const std::string name = reader.required_string("password_policy");
  if (const ConfigNode* make = reader.required_node("make", ConfigNode::Kind::kMap)) {
    Result<secret::PasswordPolicy> policy = secret::read_password_policy(*make);
    if (reader.absorb(policy)) policies[name] = std::move(*policy);
  }
  const std::vector<Error> wrong = reader.problems();
  problems.insert(problems.end(), wrong.begin(), wrong.end());
  if (wrong.empty()) return;
  policies_.read([&](const Policies& known) {
    if (const auto old = known.find(name); old != known.end()) policies[name] = old->second;
  });
}

Result<Secret> PasswordDesk::make(const std::string& policy) const {
  Result<Secret> made = named_(policy);
  if (made || made.error().code != ErrorCode::kNotFound) return made;
  const std::optional<secret::PasswordPolicy> of_pack =
      policies_.read([&](const Policies& known) -> std::optional<secret::PasswordPolicy> {
        const auto found = known.find(policy);
        return found == known.end() ? std::nullopt : std::optional(found->second);
      });
  return of_pack ? secret::generate_password(*of_pack, random_) : std::move(made);
}

secret::RotationParts PasswordDesk::parts(VersionedSecretStore& store, const PasswordChange& change) const {
  return {.store = store,
          .set_password = change.set_password,
          .try_login = change.try_login,
          .make_password = [this, policy = change.policy] { return make(policy); },
          .marks = change.marks};
}

Result<RotationReport> PasswordDesk::change(const PasswordChange& change) {
  const std::shared_ptr<VersionedSecretStore> store = TRY(store_());
  return change.first ? secret::issue_password(parts(*store, change), change.path)
                      : secret::rotate_password(parts(*store, change), change.path);
}

Result<RotationReport> PasswordDesk::recover(const PasswordChange& change) {
  const std::shared_ptr<VersionedSecretStore> store = TRY(store_());
  if (!change.first) return secret::recover_password(parts(*store, change), change.path);
  // A first password that is only pending may be set or not; issuing it again finds out, and is harmless. One that is
  // there may be that of an earlier account of the name: the version tells.
  const Result<SecretRecord> found = store->read(change.path);
  if (!found && found.error().code != ErrorCode::kNotFound) return fail(found.error());
  const bool issued = found && found->fields.contains("password") && !found->fields.contains("pending_password");
  return RotationReport{.end = issued ? RotationEnd::kCurrentWorks : RotationEnd::kRefused,
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
