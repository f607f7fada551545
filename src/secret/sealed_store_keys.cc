// How the sealed store finds, makes and changes its key. The one order of steps, whatever is made: the new key is
// durable as secrets.key.next, then the store sealed with it, then it becomes secrets.key. A store always says which of
// both keys is its own.
#include <fmt/format.h>

#include "base/crypto.h"
#include "base/file.h"
#include "secret/sealed_store.h"

namespace capstan::secret {
namespace {

bool is_there(const std::filesystem::path& path) {
  std::error_code error;
  // What cannot be looked at counts as there: nothing is made in its place.
  return std::filesystem::exists(std::filesystem::symlink_status(path, error)) ||
         (error && error != std::errc::no_such_file_or_directory);
}

std::string random_salt(Random& random) {
  std::string salt(kSaltBytes, '\0');
  random.fill(std::as_writable_bytes(std::span(salt.data(), salt.size())));
  return salt;
}

Status rename_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code error;
  std::filesystem::rename(from, to, error);
  if (error)
    return fail(errno_code(error.value()), fmt::format("cannot rename {}: {}", from.string(), error.message()));
  return sync_directory(to.parent_path());
}

}  // namespace

Status SealedStore::load() {
  if (!is_there(store_path())) {
    if (options_.key.empty() && is_there(key_path())) {
      return fail(ErrorCode::kFailedPrecondition,
                  fmt::format("{} is there, but {} is not: restore it from a backup, or remove the key to begin anew",
                              key_path().string(), store_path().string()));
    }
    return create();
  }
  return take(TRY(during("the secrets", read_file(store_path(), kLargestSealedFile))));
}

Status SealedStore::create() {
  file_ = {.salt = random_salt(random_), .cost = options_.cost, .key_id = "", .records = {}};
  std::string material;
  if (options_.key.empty()) {
    TRY(write_new_key(next_key_path(), random_));
    material = TRY(read_key_file(next_key_path()));
  } else {
    material = TRY(read_key(options_.key, environment_));
  }
  key_ = TRY(SealingKey::derive(material, file_.salt, file_.cost));
  file_.key_id = key_->id();
  TRY(save(file_, *key_));
  return options_.key.empty() ? rename_durably(next_key_path(), key_path()) : Status();
}

Status SealedStore::take(const std::string& text) {
  ReadSealedFile read = TRY(parse_sealed_file(text, store_path().string()));
  key_ = TRY(find_key(read.file));
  if (!equal_in_constant_time(key_->proof_of(read.proven), read.proof)) {
    return fail(ErrorCode::kCorrupt, "the file of secrets is not as Capstan wrote it; restore it from a backup",
                {store_path().string(), 0, 0});
  }
  file_ = std::move(read.file);
  return options_.key.empty() ? settle_keys() : Status();
}

Result<SealingKey> SealedStore::find_key(const SealedFile& file) const {
  if (options_.key.empty()) return key_beside(file);
  SealingKey key = TRY(SealingKey::derive(TRY(read_key(options_.key, environment_)), file.salt, file.cost));
  if (key.id() == file.key_id) return key;
  return fail(
      ErrorCode::kFailedPrecondition,
      fmt::format("the secrets are sealed with another key: {} needs the key {}, but the settings name the key {}",
                  store_path().string(), file.key_id, key.id()));
}

Result<SealingKey> SealedStore::key_beside(const SealedFile& file) const {
  std::string found;
  for (const std::filesystem::path& path : {key_path(), next_key_path()}) {
    if (!is_there(path)) continue;
    SealingKey key = TRY(SealingKey::derive(TRY(read_key_file(path)), file.salt, file.cost));
    if (key.id() == file.key_id) return key;
    found += fmt::format("; {} is the key {}", path.string(), key.id());
  }
  if (found.empty()) {
    return fail(ErrorCode::kNotFound, fmt::format("{} is there, but its key {} is not: restore {}",
                                                  store_path().string(), file.key_id, key_path().string()));
  }
  return fail(ErrorCode::kFailedPrecondition,
              fmt::format("the secrets are sealed with another key: {} needs the key {}{}", store_path().string(),
                          file.key_id, found));
}

// Ends what a crash left half done: the key that opened the store becomes secrets.key.
Status SealedStore::settle_keys() const {
  if (!is_there(next_key_path())) return {};
  const Result<std::string> next = read_key_file(next_key_path());
  const bool is_ours = next && TRY(SealingKey::derive(*next, file_.salt, file_.cost)).id() == key_->id();
  if (is_ours) return rename_durably(next_key_path(), key_path());
  std::error_code error;
  std::filesystem::remove(next_key_path(), error);
  if (!error) return {};
  return fail(errno_code(error.value()),
              fmt::format("cannot remove {}: {}", next_key_path().string(), error.message()));
}

Status SealedStore::rekey(std::string_view key) {
  std::lock_guard lock(mutex_);
  // An earlier change may have ended before its last step: what would be overwritten may be the key in use.
  TRY(settle_keys());
  if (key.empty()) TRY(write_new_key(next_key_path(), random_));
  const std::string material = key.empty() ? TRY(read_key_file(next_key_path())) : TRY(read_key(key, environment_));
  SealedFile draft = file_;
  draft.salt = random_salt(random_);
  draft.cost = options_.cost;
  const SealingKey wanted = TRY(SealingKey::derive(material, draft.salt, draft.cost));
  draft.key_id = wanted.id();
  draft = TRY(sealed_with(wanted, std::move(draft)));
  TRY(save(draft, wanted));
  file_ = std::move(draft);
  key_ = wanted;
  return key.empty() ? rename_durably(next_key_path(), key_path()) : Status();
}

Result<SealedFile> SealedStore::sealed_with(const SealingKey& key, SealedFile draft) const {
  for (auto& [path, record] : draft.records) {
    for (auto& [number, version] : record.versions) {
      if (version.sealed.empty()) continue;
      const std::string about = sealed_about(path, number);
      const Result<std::string> text = key_->open(version.sealed, about);
      if (!text) {
        return fail(ErrorCode::kCorrupt, fmt::format("version {} of the secret {} does not open", number, path));
      }
      version.sealed = key.seal(*text, about, random_);
    }
  }
  return draft;
}

}  // namespace capstan::secret
