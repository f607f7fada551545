#include "secret/sealed_file.h"

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/json.h"

namespace capstan::secret {
namespace {

constexpr std::string_view kMagic = "capstan secrets 1";
constexpr size_t kMostVersions = 1'000;

std::unexpected<Error> corrupt(std::string_view what, std::string_view name) {
  return fail(ErrorCode::kCorrupt, fmt::format("{}; restore the file from a backup", what), {std::string(name), 0, 0});
}

// Up to the next line break, which is required; `text` keeps what follows.
Result<std::string_view> take_line(std::string_view& text, std::string_view name) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos) return corrupt("the file of secrets ends early", name);
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

Result<Time> time_of(const Json& value) {
  if (!value.is_int()) return fail(ErrorCode::kCorrupt, "a time is missing");
  return from_unix_ms(value.int_or(0));
}

Result<SealedVersion> version_of(const Json& json) {
  SealedVersion version;
  version.version.version = json["version"].int_or(0);
  version.version.created = TRY(time_of(json["created"]));
  if (json.contains("deleted")) version.version.deleted = TRY(time_of(json["deleted"]));
  version.version.destroyed = json["destroyed"].bool_or(false);
  version.sealed = TRY(unbase64(json["sealed"].string_or_empty()));
  if (version.sealed.empty() != version.version.destroyed) {
    return fail(ErrorCode::kCorrupt, "a version has no value and is not destroyed");
  }
  return version;
}

Result<SealedRecord> record_of(const Json& json) {
  SealedRecord record;
  record.newest = json["newest"].int_or(0);
  for (const Json& item : json["versions"].items()) {
    SealedVersion version = TRY(version_of(item));
    const int64_t number = version.version.version;
    if (number < 1 || number > record.newest || !record.versions.emplace(number, std::move(version)).second) {
      return fail(ErrorCode::kCorrupt, "the versions of a secret contradict each other");
    }
  }
  if (!record.versions.contains(record.newest) || record.versions.size() > kMostVersions) {
    return fail(ErrorCode::kCorrupt, "the newest version of a secret is missing, or it has too many");
  }
  return record;
}

Result<SealedFile> file_of(const Json& json) {
  SealedFile file;
  file.salt = TRY(unbase64(json["salt"].string_or_empty()));
  file.cost = {json["operations"].int_or(0), json["memory_bytes"].int_or(0)};
  file.key_id = json["key"].string_or_empty();
  if (file.salt.size() != kSaltBytes || file.key_id.size() != 2 * kKeyIdBytes || !json["records"].is_object()) {
    return fail(ErrorCode::kCorrupt, "its salt, the name of its key or its records are missing");
  }
  if (json["records"].members().size() > kMostSealedRecords)
    return fail(ErrorCode::kCorrupt, "it has too many secrets");
  for (const auto& [path, record] : json["records"].members()) {
    TRY(check_secret_path(path));
    file.records.emplace(path, TRY(record_of(record)));
  }
  return file;
}

Json to_json(const SealedRecord& record) {
  Json versions = Json::array();
  for (const auto& [number, version] : record.versions) {
    Json one = Json::object({{"version", number}, {"created", to_unix_ms(version.version.created)}});
    if (version.version.deleted) one.set("deleted", to_unix_ms(*version.version.deleted));
    if (version.version.destroyed) one.set("destroyed", true);
    if (!version.sealed.empty()) one.set("sealed", base64(version.sealed));
    versions.push_back(std::move(one));
  }
  return Json::object({{"newest", record.newest}, {"versions", std::move(versions)}});
}

}  // namespace

std::string sealed_about(std::string_view path, int64_t version) { return fmt::format("{}\n{}", version, path); }

Result<ReadSealedFile> parse_sealed_file(std::string_view text, std::string_view name) {
  std::string_view rest = text;
  if (!rest.starts_with(kMagic)) return corrupt("this is not a file of Capstan's secrets", name);
  if (TRY(take_line(rest, name)) != kMagic) return corrupt("the file of secrets is of another version", name);
  const std::string_view body = TRY(take_line(rest, name));
  const std::string_view proven = text.substr(0, text.size() - rest.size());
  const std::string_view proof = TRY(take_line(rest, name));
  if (!rest.empty()) return corrupt("something follows the end of the file of secrets", name);
  const Result<Json> json = Json::parse(body);
  // A parser's message may quote what it read.
  if (!json) return corrupt("the file of secrets was changed", name);
  Result<SealedFile> file = file_of(*json);
  if (!file) return corrupt("the file of secrets was changed: " + file.error().message, name);
  return ReadSealedFile{std::move(*file), std::string(proven), std::string(proof)};
}

Result<std::string> print_sealed_file(const SealedFile& file, const SealingKey& key) {
  Json records = Json::object();
  for (const auto& [path, record] : file.records) records.set(path, to_json(record));
  const Json json = Json::object({{"salt", base64(file.salt)},
                                  {"operations", file.cost.operations},
                                  {"memory_bytes", file.cost.memory_bytes},
                                  {"key", file.key_id},
                                  {"records", std::move(records)}});
  std::string text = fmt::format("{}\n{}\n", kMagic, json.dump());
  text += key.proof_of(text) + "\n";
  if (text.size() > kLargestSealedFile || file.records.size() > kMostSealedRecords) {
    return fail(ErrorCode::kResourceExhausted, fmt::format("the sealed store is full: at most {} secrets and {} MiB",
                                                           kMostSealedRecords, kLargestSealedFile >> 20));
  }
  return text;
}

}  // namespace capstan::secret
