#include "product/local_files.h"

#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/file.h"

namespace capstan::product {
namespace {

constexpr size_t kMostListed = 200;

bool is_regular(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

std::vector<std::string> LocalFiles::list(const std::string& pattern) {
  std::vector<std::string> found;
  glob_t matches{};
  if (::glob((root_ + pattern).c_str(), 0, nullptr, &matches) == 0) {
    for (size_t i = 0; i < matches.gl_pathc && found.size() < kMostListed; ++i) {
      const std::string path = matches.gl_pathv[i];
      if (is_regular(path)) found.push_back(path.substr(root_.size()));
    }
  }
  ::globfree(&matches);
  return found;
}

Result<std::string> LocalFiles::read(const std::string& path, const std::vector<std::string>& directories) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(root_ + path, error);
  if (error) return fail(errno_code(error.value()), error.message(), {path, 0, 0});
  const bool within = std::ranges::any_of(directories, [&](const std::string& directory) {
    std::error_code none;
    const std::filesystem::path allowed = std::filesystem::canonical(root_ + directory, none);
    return !none && (real.parent_path() == allowed || real.string().starts_with(allowed.string() + "/"));
  });
  if (!within) {
    return fail(ErrorCode::kPermissionDenied, "not read: it is in none of the directories that the product declares",
                {path, 0, 0});
  }
  if (!is_regular(real.string())) return fail(ErrorCode::kInvalidArgument, "no regular file", {path, 0, 0});
  Result<std::string> text = read_file(real, kMostTextBytes);
  if (!text) return fail(text.error().code, text.error().message, {path, 0, 0});
  return text;
}

std::string LocalFiles::stamp(const std::vector<std::string>& paths, Time& changed_at) const {
  std::string text;
  std::set<std::string> directories;
  const auto add = [&](const std::string& path, bool is_file) {
    struct stat status{};
    if (::stat((root_ + path).c_str(), &status) != 0) {
      text += "-;";
      return;
    }
    const int64_t ms = static_cast<int64_t>(status.st_mtim.tv_sec) * 1000 + status.st_mtim.tv_nsec / 1'000'000;
    text += fmt::format("{}.{}.{}.{};", status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    if (is_file) changed_at = std::max(changed_at, from_unix_ms(ms));
  };
  for (const std::string& path : paths) {
    add(path, true);
    directories.insert(directory_of(path));
  }
  for (const std::string& directory : directories) add(directory, false);
  return text;
}

}  // namespace capstan::product
