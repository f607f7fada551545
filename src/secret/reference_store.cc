#include "secret/reference_store.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdlib>

#include "base/file.h"
#include "base/log.h"

namespace capstan::secret {
namespace {

constexpr size_t kLargestSecret = 64 << 10;
constexpr std::string_view kEnvironment = "env:";
constexpr std::string_view kFile = "file:";

}  // namespace

Result<Secret> ReferenceStore::get(std::string_view reference) const {
  std::string value;
  if (reference.starts_with(kEnvironment) && reference.size() > kEnvironment.size()) {
    value = TRY(from_environment(std::string(reference.substr(kEnvironment.size()))));
  } else if (reference.starts_with("file:/")) {
    value = TRY(from_file(std::string(reference.substr(kFile.size()))));
  } else {
    // The text is not repeated: it may be the secret itself, put where its reference belongs.
    return fail(ErrorCode::kInvalidArgument, "not a reference to a secret: expected env:NAME or file:/absolute/path");
  }
  if (value.empty()) return fail(ErrorCode::kFailedPrecondition, fmt::format("the secret {} is empty", reference));
  known_.add(value);
  return Secret(std::move(value));
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

ReferenceStore::Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody here sets variables.
    if (!value) return std::nullopt;
    return value;
  };
}

}  // namespace capstan::secret
