#include "secret/sealed_store.h"

#include <fmt/format.h>

#include <set>

#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"

namespace capstan::secret {
namespace {

std::unexpected<Error> no_secret(std::string_view path) {
  return fail(ErrorCode::kNotFound, fmt::format("there is no secret {}", path));
}

// Values may be any bytes, which JSON cannot hold.
std::string pack(const SecretFields& fields) {
  Json json = Json::object();
  for (const auto& [name, value] : fields) json.set(name, base64(value.reveal()));
  return json.dump();
}

Result<SecretFields> unpack(std::string_view text) {
  const Json json = TRY(Json::parse(text));
  SecretFields fields;
  for (const auto& [name, value] : json.members()) fields.emplace(name, TRY(unbase64(value.string_or_empty())));
  return fields;
}

}  // namespace

SealedStore::SealedStore(SealedOptions options, Environment environment, const Clock& clock, Random& random,
                         SecretHeard heard)
    : options_(std::move(options)),
      environment_(std::move(environment)),
      clock_(clock),
      random_(random),
      heard_(std::move(heard)) {}

Result<std::unique_ptr<SealedStore>> SealedStore::open(SealedOptions options, Environment environment,
                                                       const Clock& clock, Random& random, SecretHeard heard) {
  auto store = std::unique_ptr<SealedStore>(
      new SealedStore(std::move(options), std::move(environment), clock, random, std::move(heard)));
  TRY(store->load());
  return store;
}

Result<SecretRecord> SealedStore::read(std::string_view path, int64_t version) {
  TRY(check_secret_path(path));
  std::lock_guard lock(mutex_);
  const auto found = file_.records.find(path);
  if (found == file_.records.end()) return no_secret(path);
  const SealedVersion& sealed = *TRY(version_of(file_.records, path, version == 0 ? found->second.newest : version));
  const int64_t number = sealed.version.version;
  if (sealed.version.deleted || sealed.version.destroyed) {
    return fail(ErrorCode::kNotFound, fmt::format("version {} of the secret {} was {}", number, path,
                                                  sealed.version.destroyed ? "destroyed" : "deleted"));
  }
  const Result<std::string> text = key_->open(sealed.sealed, sealed_about(path, number));
  Result<SecretFields> fields = text ? unpack(*text) : fail(text.error());
  if (!fields) return fail(ErrorCode::kCorrupt, fmt::format("version {} of the secret {} does not open", number, path));
  tell_of_secrets(*fields, heard_);
  return SecretRecord{std::move(*fields), sealed.version};
}

Result<int64_t> SealedStore::write(std::string_view path, const SecretFields& fields, std::optional<int64_t> expected) {
  TRY(check_secret_path(path));
  TRY(check_secret_fields(fields));
  tell_of_secrets(fields, heard_);
  std::lock_guard lock(mutex_);
  const auto found = file_.records.find(path);
  const int64_t newest = found == file_.records.end() ? 0 : found->second.newest;
  if (expected && *expected != newest) return fail(version_conflict(path, *expected, newest));
  const int64_t number = newest + 1;
  TRY(update([&](SealedRecords& records) {
    SealedRecord& record = records[std::string(path)];
    record.newest = number;
    record.versions[number] = {.version = {.version = number, .created = clock_.now()},
                               .sealed = key_->seal(pack(fields), sealed_about(path, number), random_)};
    while (std::ssize(record.versions) > options_.most_versions) record.versions.erase(record.versions.begin());
  }));
  return number;
}

Result<std::vector<std::string>> SealedStore::list(std::string_view prefix) {
  TRY(check_secret_prefix(prefix));
  std::string start(prefix);
  if (!start.empty() && !start.ends_with('/')) start += '/';
  std::set<std::string> names;
  std::lock_guard lock(mutex_);
  for (auto at = file_.records.lower_bound(start); at != file_.records.end() && at->first.starts_with(start); ++at) {
    const std::string_view rest = std::string_view(at->first).substr(start.size());
    names.emplace(rest.substr(0, rest.find('/') == std::string_view::npos ? rest.size() : rest.find('/') + 1));
  }
  if (names.empty() && !start.empty())
    return fail(ErrorCode::kNotFound, fmt::format("there is nothing below {}", start));
  return std::vector<std::string>(names.begin(), names.end());
}

Result<std::vector<SecretVersion>> SealedStore::versions(std::string_view path) {
  TRY(check_secret_path(path));
  std::lock_guard lock(mutex_);
  const auto found = file_.records.find(path);
  if (found == file_.records.end()) return no_secret(path);
  std::vector<SecretVersion> all;
  for (const auto& [number, version] : found->second.versions) all.push_back(version.version);
  return all;
}

Status SealedStore::remove(std::string_view path, int64_t version) {
  TRY(check_secret_path(path));
  std::lock_guard lock(mutex_);
  TRY(version_of(file_.records, path, version));
  return update([&](SealedRecords& records) {
    SecretVersion& found = records.find(path)->second.versions.at(version).version;
    if (!found.deleted) found.deleted = clock_.now();
  });
}

Status SealedStore::destroy(std::string_view path, int64_t version) {
  TRY(check_secret_path(path));
  std::lock_guard lock(mutex_);
  TRY(version_of(file_.records, path, version));
  return update([&](SealedRecords& records) {
    SealedVersion& found = records.find(path)->second.versions.at(version);
    found.version.destroyed = true;
    found.sealed.clear();
  });
}

Status SealedStore::remove_all(std::string_view path) {
  TRY(check_secret_path(path));
  std::lock_guard lock(mutex_);
  if (!file_.records.contains(path)) return no_secret(path);
  return update([&](SealedRecords& records) { records.erase(records.find(path)); });
}

template <class Change>
Status SealedStore::update(Change&& change) {
  SealedFile draft = file_;
  change(draft.records);
  TRY(save(draft, *key_));
  file_ = std::move(draft);
  return {};
}

Result<SealedVersion*> SealedStore::version_of(SealedRecords& records, std::string_view path, int64_t version) const {
  const auto record = records.find(path);
  if (record == records.end()) return no_secret(path);
  const auto found = record->second.versions.find(version);
  if (found != record->second.versions.end()) return &found->second;
  return fail(ErrorCode::kNotFound,
              fmt::format("the secret {} has no version {}; its newest is {}", path, version, record->second.newest));
}

Status SealedStore::save(const SealedFile& draft, const SealingKey& key) const {
  return during("writing the secrets", write_file_atomically(store_path(), TRY(print_sealed_file(draft, key)), 0600));
}

}  // namespace capstan::secret
