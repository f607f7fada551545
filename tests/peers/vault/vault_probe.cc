// Our client of a Vault, moved by lines of JSON, so that a test in Python can hold it against other clients.
#include <iostream>
#include <map>
#include <memory>

#include "base/clock.h"
#include "base/config.h"
#include "base/crypto.h"
#include "connect/vault/vault_leases.h"
#include "connect/vault/vault_store.h"
#include "secret/password_policy.h"

namespace capstan::vault {
namespace {

class References final : public SecretStore {
 public:
  explicit References(const Json& values) : values_(values) {}
  Result<Secret> get(std::string_view reference) const override {
    if (!values_.contains(reference)) return fail(ErrorCode::kNotFound, "no such reference");
    return Secret(values_[reference].string_or_empty());
  }

 private:
  const Json values_;
};

// The clock stands still until the test moves it: tokens age without waiting.
struct Probe {
  Probe(const VaultSettings& settings, const Json& values)
      : references(values),
        client(settings, http, [this](std::string_view secret) { heard.push_back(secret); }),
        session(client, settings.auth, references, clock),
        store(client, session, settings.mount),
        leases(client, session, clock) {}

  Json heard = Json::array();
  VirtualClock clock{from_unix_ms(0)};
  CurlHttpClient http;
  References references;
  VaultClient client;
  VaultSession session;
  VaultStore store;
  VaultLeases leases;
};

Json described(const SecretVersion& version) {
  return Json::object({{"version", version.version},
                       {"created", format_time(version.created)},
                       {"deleted", version.deleted.has_value()},
                       {"destroyed", version.destroyed}});
}

Result<Json> done(const Status& status) {
  if (!status) return fail(status.error());
  return Json(true);
}

Result<Json> read(Probe& probe, const Json& asked) {
  const SecretRecord record = TRY(probe.store.read(asked["path"].string_or_empty(), asked["version"].int_or(0)));
  Json fields = Json::object();
  for (const auto& [name, value] : record.fields) fields.set(name, value.reveal());
  return Json::object({{"fields", std::move(fields)}, {"version", described(record.version)}});
}

Result<Json> write(Probe& probe, const Json& asked) {
  SecretFields fields;
  for (const auto& [name, value] : asked["fields"].members()) fields.emplace(name, Secret(value.string_or_empty()));
  const std::optional<int64_t> expected =
      asked.contains("expected") ? std::optional(asked["expected"].int_or(0)) : std::nullopt;
  return Json(TRY(probe.store.write(asked["path"].string_or_empty(), fields, expected)));
}

Result<Json> answer(Probe& probe, const Json& asked) {
  const std::string& what = asked["do"].string_or_empty();
  const std::string& path = asked["path"].string_or_empty();
  const int64_t version = asked["version"].int_or(0);
  if (what == "read") return read(probe, asked);
  if (what == "write") return write(probe, asked);
  if (what == "remove") return done(probe.store.remove(path, version));
  if (what == "destroy") return done(probe.store.destroy(path, version));
  if (what == "remove_all") return done(probe.store.remove_all(path));
  if (what == "maintain") return done(probe.session.maintain());
  if (what == "heard") return probe.heard;
  if (what == "generate") return Json(TRY(probe.leases.generate_password(path)).reveal());
  if (what == "policy") {
    SystemRandom random;
    const secret::PasswordPolicy policy = TRY(secret::parse_password_policy(path, ""));
    return Json(TRY(secret::generate_password(policy, random)).reveal());
  }
  if (what == "advance") {
    probe.clock.advance(std::chrono::seconds(asked["seconds"].int_or(0)));
    return Json(true);
  }
  Json list = Json::array();
  if (what == "list") {
    for (const std::string& name : TRY(probe.store.list(path))) list.push_back(name);
    return list;
  }
  if (what == "versions") {
    for (const SecretVersion& one : TRY(probe.store.versions(path))) list.push_back(described(one));
    return list;
  }
  return fail(ErrorCode::kUnimplemented, "the probe does not know " + what);
}

// The first line says who and where we are: {"settings": YAML, "references": {…}}.
Result<std::unique_ptr<Probe>> open(const std::string& line) {
  const Json opened = TRY(Json::parse(line));
  const auto documents = TRY(parse_yaml(opened["settings"].string_or_empty(), "settings"));
  return std::make_unique<Probe>(TRY(read_vault_settings(documents.at(0))), opened["references"]);
}

Json error_of(const Error& error) {
  return Json::object({{"error", to_string(error.code)}, {"message", error.to_string()}});
}

int run() {
  start_crypto();
  std::string line;
  std::getline(std::cin, line);
  const auto probe = open(line);
  std::cout << (probe ? Json(true) : error_of(probe.error())).dump() << std::endl;
  while (probe && std::getline(std::cin, line)) {
    const Result<Json> asked = Json::parse(line);
    const Result<Json> said = asked ? answer(**probe, *asked) : fail(asked.error());
    std::cout << (said ? Json::object({{"ok", *said}}) : error_of(said.error())).dump() << std::endl;
  }
  return probe ? 0 : 1;
}

}  // namespace
}  // namespace capstan::vault

int main() { return capstan::vault::run(); }
