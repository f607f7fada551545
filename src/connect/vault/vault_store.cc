#include "connect/vault/vault_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/utf8.h"

namespace capstan::vault {
namespace {

Result<Secret> secret_of(const Json& value) {
  return Secret(value.is_string() ? value.string_or_empty() : value.dump());
}

Result<Json> body_of(const SecretFields& fields, std::optional<int64_t> expected) {
  Json data = Json::object();
  for (const auto& [name, value] : fields) {
    if (!is_utf8(value.reveal())) {  // JSON text cannot carry other bytes: they would arrive changed.
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the field {} is not UTF-8, and a Vault keeps nothing else: encode it", name));
    }
    data.set(name, value.reveal());
  }
  Json body = Json::object({{"data", std::move(data)}});
  if (expected) body.set("options", Json::object({{"cas", *expected}}));
  return body;
}

Result<SecretVersion> version_of(int64_t number, const Json& json) {
  SecretVersion version{.version = number};
  version.created = TRY(parse_time(json["created_time"].string_or_empty()));
  if (const std::string& end = json["deletion_time"].string_or_empty(); !end.empty()) {
    version.deleted = TRY(parse_time(end));
  }
  version.destroyed = json["destroyed"].bool_or(false);
  return version;
}

template <class T>
Result<T> about(std::string_view path, Result<T> result) {
  return during(fmt::format("the secret {}", path), std::move(result));
}

std::unexpected<Error> unexpected_answer(std::string_view path) {
  return fail(ErrorCode::kCorrupt,
              fmt::format("the secret {}: not what a key/value engine of version 2 answers; is 'mount' right?", path));
}

}  // namespace

VaultStore::VaultStore(const VaultClient& client, VaultSession& session, std::string mount)
    : client_(client), session_(session), mount_(std::move(mount)) {}

std::string VaultStore::call_path(std::string_view part, std::string_view path) const {
  return fmt::format("{}/{}/{}", encode_path(mount_), part, encode_path(path));
}

Result<SecretRecord> VaultStore::read(std::string_view path, int64_t version) {
  TRY(check_secret_path(path));
  std::string asked = call_path("data", path);
  if (version != 0) asked += fmt::format("?version={}", version);
  const VaultAnswer answer = TRY(about(path, session_.ask({.path = std::move(asked)})));
  const Json& metadata = answer.data["metadata"];
  if (!answer.data["data"].is_object() || metadata["version"].int_or(0) < 1) return unexpected_answer(path);
  SecretRecord record;
  record.version = TRY(about(path, version_of(metadata["version"].int_or(0), metadata)));
  for (const auto& [name, value] : answer.data["data"].members()) {
    record.fields.emplace(name, TRY(secret_of(value)));
  }
  client_.hear(record.fields);
  return record;
}

Result<int64_t> VaultStore::write(std::string_view path, const SecretFields& fields, std::optional<int64_t> expected) {
  TRY(check_secret_path(path));
  TRY(check_secret_fields(fields));
  client_.hear(fields);
  const Result<VaultAnswer> answer =
      session_.ask({.method = "POST", .path = call_path("data", path), .body = TRY(body_of(fields, expected))});
  if (!answer) {
    if (expected && answer.error().code == ErrorCode::kFailedPrecondition) {
      return fail(conflict(path, *expected, answer.error()));
    }
    return about(path, Result<int64_t>(fail(answer.error())));
  }
  const int64_t version = answer->data["version"].int_or(0);
  if (version < 1) return unexpected_answer(path);
  return version;
}

// The Vault only says that they differ.
Error VaultStore::conflict(std::string_view path, int64_t expected, Error said) {
  const Result<Json> known = metadata(path);
  if (!known) return said;
  return version_conflict(path, expected, (*known)["current_version"].int_or(0));
}

Result<Json> VaultStore::metadata(std::string_view path) {
  VaultAnswer answer = TRY(about(path, session_.ask({.path = call_path("metadata", path)})));
  if (!answer.data["versions"].is_object()) return unexpected_answer(path);
  return std::move(answer.data);
}

Result<std::vector<std::string>> VaultStore::list(std::string_view prefix) {
  TRY(check_secret_prefix(prefix));
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  const Result<VaultAnswer> answer = session_.ask({.path = call_path("metadata", prefix) + "?list=true"});
  if (!answer) {
    // An empty engine has nothing to list.
    if (prefix.empty() && answer.error().code == ErrorCode::kNotFound) return std::vector<std::string>();
    return fail(answer.error());
  }
  std::vector<std::string> names;
  for (const Json& key : answer->data["keys"].items()) names.push_back(key.string_or_empty());
  std::ranges::sort(names);
  return names;
}

Result<std::vector<SecretVersion>> VaultStore::versions(std::string_view path) {
  TRY(check_secret_path(path));
  const Json known = TRY(metadata(path));
  std::vector<SecretVersion> all;
  for (const auto& [number, version] : known["versions"].members()) {
    int64_t parsed = 0;
    const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), parsed);
    if (problem != std::errc() || *end != '\0') return unexpected_answer(path);
    all.push_back(TRY(about(path, version_of(parsed, version))));
  }
  std::ranges::sort(all, {}, &SecretVersion::version);
  return all;
}

Status VaultStore::remove(std::string_view path, int64_t version) {
  TRY(check_secret_path(path));
  TRY(about(path, session_.ask({.method = "POST",
                                .path = call_path("delete", path),
                                .body = Json::object({{"versions", Json::array({version})}})})));
  return {};
}

Status VaultStore::destroy(std::string_view path, int64_t version) {
  TRY(check_secret_path(path));
  TRY(about(path, session_.ask({.method = "POST",
                                .path = call_path("destroy", path),
                                .body = Json::object({{"versions", Json::array({version})}})})));
  return {};
}

Status VaultStore::remove_all(std::string_view path) {
  TRY(check_secret_path(path));
  TRY(about(path, session_.ask({.method = "DELETE", .path = call_path("metadata", path)})));
  return {};
}

}  // namespace capstan::vault
