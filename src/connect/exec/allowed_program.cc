#include "connect/exec/allowed_program.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/file.h"
#include "base/suggest.h"

namespace capstan::exec {
namespace {

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<struct stat> look_at(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0)
    return fail(errno_code(errno), fmt::format("cannot look at {}: {}", path, errno_text(errno)));
  return status;
}

// Others may write into a directory whose entries only their owners may replace (sticky, like /tmp).
Status check_owner(const std::string& path, const struct stat& status) {
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return fail(
        ErrorCode::kPermissionDenied,
        fmt::format("{} belongs to user {}: expected root, or the user that runs Capstan", path, status.st_uid));
  }
  const bool is_sticky = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
  if ((status.st_mode & 0022) != 0 && !is_sticky) {
    return fail(ErrorCode::kPermissionDenied,
                fmt::format("{} may be written by others: expected 'chmod go-w {}'", path, path));
  }
  return {};
}

Status check_way_to(std::string path) {
  while (path != "/") {
    path = parent_of(path);
    TRY(check_owner(path, TRY(look_at(path))));
  }
  return {};
}

}  // namespace

Result<std::string> find_allowed_program(const ExecSettings& settings, const std::string& wanted) {
  const auto is_wanted = [&](const std::string& program) {
    return wanted.contains('/') ? program == wanted : program.ends_with("/" + wanted);
  };
  const auto listed = std::ranges::find_if(settings.programs, is_wanted);
  if (listed == settings.programs.end()) {
    const std::vector<std::string_view> known(settings.programs.begin(), settings.programs.end());
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("the program '{}' is not allowed: the settings do not name it below exec.programs{}",
                            wanted, did_you_mean(wanted, known)));
  }
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(listed->c_str(), nullptr), &std::free);
  if (!resolved) return fail(errno_code(errno), fmt::format("there is no program {}: {}", *listed, errno_text(errno)));
  const std::string path = resolved.get();
  const struct stat status = TRY(look_at(path));
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::kPermissionDenied, fmt::format("{} is no regular file", path));
  if ((status.st_mode & 0111) == 0)
    return fail(ErrorCode::kFailedPrecondition, fmt::format("{} is not executable", path));
  TRY(check_owner(path, status));
  TRY(check_way_to(*listed));
  TRY(check_way_to(path));
  // By the name that it was given: some programs are many, and look at what they are called.
  return *listed;
}

Result<std::string> find_allowed_user(const ExecSettings& settings, const std::string& wanted) {
  const std::string usual = settings.user.empty() && ::geteuid() == 0 ? "nobody" : settings.user;
  if (wanted.empty() || wanted == usual) return usual;
  if (std::ranges::find(settings.users, wanted) != settings.users.end()) return wanted;
  return fail(ErrorCode::kFailedPrecondition,
              fmt::format("the user '{}' is not allowed: the settings do not name it below exec.users", wanted));
}

Status check_directory(const std::string& directory, const std::string& user) {
  const struct stat status = TRY(look_at(directory));
  if (!S_ISDIR(status.st_mode))
    return fail(ErrorCode::kFailedPrecondition, fmt::format("{} is no directory", directory));
  uid_t runs = ::geteuid();
  if (!user.empty()) {
    passwd entry{};
    passwd* found = nullptr;
    char buffer[16384];
    ::getpwnam_r(user.c_str(), &entry, buffer, sizeof(buffer), &found);
    if (!found) return fail(ErrorCode::kFailedPrecondition, fmt::format("there is no user '{}'", user));
    runs = found->pw_uid;
  }
  if (status.st_uid != 0 && status.st_uid != ::geteuid() && status.st_uid != runs) {
    return fail(ErrorCode::kPermissionDenied,
                fmt::format("{} belongs to user {}: expected root, the user that runs Capstan or the one that runs the "
                            "program",
                            directory, status.st_uid));
  }
  if ((status.st_mode & 0002) != 0) {
    return fail(ErrorCode::kPermissionDenied,
                fmt::format("everybody may write into {}: expected 'chmod o-w {}'", directory, directory));
  }
  return {};
}

}  // namespace capstan::exec
