#include "secret/reference_store.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "secret/versioned_reference.h"

namespace capstan::secret {
namespace {

constexpr size_t kLargestSecret = 64 << 10;
constexpr std::string_view kEnvironment = "env:";
constexpr std::string_view kFile = "file:";
constexpr std::string_view kVersioned = "secret:";
constexpr std::string_view kLeased = "vault:";

}  // namespace

Result<Secret> ReferenceStore::get(std::string_view reference) const {
  std::string value;
  if (reference.starts_with(kEnvironment) && reference.size() > kEnvironment.size()) {
    value = TRY(from_environment(std::string(reference.substr(kEnvironment.size()))));
  } else if (reference.starts_with("file:/")) {
    value = TRY(from_file(std::string(reference.substr(kFile.size()))));
  } else if (reference.starts_with(kVersioned)) {
    return from_versioned(reference);
  } else if (reference.starts_with(kLeased)) {
    return from_leased(reference);
  } else {
    // The text is not repeated: it may be the secret itself, put where its reference belongs.
    return fail(ErrorCode::kInvalidArgument,
                "not a reference to a secret: expected env:NAME, file:/absolute/path, "
                "secret:PATH#FIELD or vault:PATH#FIELD");
  }
  if (value.empty()) return fail(ErrorCode::kFailedPrecondition, fmt::format("the secret {} is empty", reference));
  known_.add(value);
  return Secret(std::move(value));
}

Result<Secret> ReferenceStore::from_versioned(std::string_view reference) const {
  const VersionedReference wanted = TRY(parse_versioned_reference(reference));
  if (!versioned_) return fail(ErrorCode::kFailedPrecondition, "no store of secrets is open here");
  const std::shared_ptr<VersionedSecretStore> store = TRY(versioned_());
  return field_of(TRY(store->read(wanted.path, wanted.version)).fields, wanted);
}

Result<Secret> ReferenceStore::from_leased(std::string_view reference) const {
  const VersionedReference wanted = TRY(parse_leased_reference(reference));
  if (!leased_) return fail(ErrorCode::kFailedPrecondition, "no Vault is known here");
  return field_of(TRY(leased_(wanted.path)), wanted);
}

Result<Secret> ReferenceStore::field_of(const SecretFields& fields, const VersionedReference& wanted) const {
  const auto found = fields.find(wanted.field);
  if (found == fields.end()) {
    return fail(ErrorCode::kNotFound, fmt::format("the secret {} has no field {}", wanted.path, wanted.field));
  }
  if (found->second.empty()) {
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("the field {} of the secret {} is empty", wanted.field, wanted.path));
  }
  known_.add(found->second.reveal());
  return found->second;
}

Result<std::string> ReferenceStore::from_environment(const std::string& name) const {
  std::optional<std::string> value = environment_(name);
  if (!value) return fail(ErrorCode::kNotFound, fmt::format("the environment variable {} is not set", name));
  return *std::move(value);
}

Result<std::string> ReferenceStore::from_file(const std::string& path) const {
  std::string content = TRY(during("a secret", read_file(path, kLargestSecret)));
  warn_if_exposed(path);
  if (content.ends_with('\n')) content.pop_back();
  if (content.ends_with('\r')) content.pop_back();
  return content;
}

void ReferenceStore::warn_if_exposed(const std::string& path) const {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0 || (found.st_mode & S_IROTH) == 0) return;
  std::lock_guard lock(mutex_);
  if (!warned_.insert(path).second) return;
  log::warning("secret", fmt::format("every user of this machine can read the secret in {0}: chmod o-r {0}", path));
}

}  // namespace capstan::secret
