#include "secret/key_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/crypto.h"
#include "base/file.h"

namespace capstan::secret {
namespace {

constexpr size_t kLargestKey = 4096;
constexpr std::string_view kFile = "file:";
constexpr std::string_view kEnvironment = "env:";
constexpr std::string_view kCredential = "credential:";

std::string without_line_break(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

Result<std::string> from_credential(std::string_view name, const Environment& environment) {
  const std::optional<std::string> directory = environment("CREDENTIALS_DIRECTORY");
  if (!directory) {
    return fail(ErrorCode::kNotFound, fmt::format("the key of the secrets is the credential {}, but systemd passed "
                                                  "none: add LoadCredential={}:/path to the unit",
                                                  name, name));
  }
  if (name.find('/') != std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument, "the name of a credential has no '/'");
  }
  return read_key_file(std::filesystem::path(*directory) / name);
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody here sets variables.
    if (!value) return std::nullopt;
    return value;
  };
}

Result<std::string> read_key(std::string_view reference, const Environment& environment) {
  if (reference.starts_with("file:/")) return read_key_file(reference.substr(kFile.size()));
  if (reference.starts_with(kCredential) && reference.size() > kCredential.size()) {
    return from_credential(reference.substr(kCredential.size()), environment);
  }
  if (reference.starts_with(kEnvironment) && reference.size() > kEnvironment.size()) {
    const std::string name(reference.substr(kEnvironment.size()));
    std::optional<std::string> value = environment(name);
    if (value) return *std::move(value);
    return fail(ErrorCode::kNotFound,
                fmt::format("the key of the secrets is in the environment variable {}, which is not set", name));
  }
  // Not repeated: it may be the key itself.
  return fail(ErrorCode::kInvalidArgument,
              "not where a key is: expected file:/absolute/path, env:NAME or credential:NAME");
}

Result<std::string> read_key_file(const std::filesystem::path& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) {
    return fail(errno_code(errno),
                fmt::format("cannot read the key of the secrets, {}: {}", path.string(), errno_text(errno)));
  }
  if ((found.st_mode & 077) != 0) {
    return fail(ErrorCode::kPermissionDenied,
                fmt::format("others may read or change the key of the secrets: chmod 600 {}", path.string()));
  }
  if (found.st_uid != ::geteuid() && found.st_uid != 0) {
    return fail(ErrorCode::kPermissionDenied,
                fmt::format("the key of the secrets, {}, belongs to another user", path.string()));
  }
  return without_line_break(TRY(during("the key of the secrets", read_file(path, kLargestKey))));
}

Status write_new_key(const std::filesystem::path& path, Random& random) {
  return write_file_atomically(path, random_token(random) + "\n", 0600);
}

}  // namespace capstan::secret
