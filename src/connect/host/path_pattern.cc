#include "connect/host/path_pattern.h"

#include <dirent.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <span>

namespace capstan::host {
namespace {

constexpr int kMostLevels = 8;
constexpr size_t kMostEntries = 20'000;  // Looked at for one pattern.

class Search {
 public:
  explicit Search(size_t limit) : limit_(limit) {}

  void walk(const std::string& directory, std::span<const std::string> parts, int levels) {
    if (parts.empty() || found_.size() >= limit_ || entries_ > kMostEntries) return;
    const std::string& part = parts.front();
    if (part == "**") {
      walk(directory, parts.subspan(1), 0);
      if (levels < kMostLevels) {
        for (const std::string& below : list(directory, "*", true)) walk(below, parts, levels + 1);
      }
      return;
    }
    const bool is_last = parts.size() == 1;
    for (const std::string& path : list(directory, part, !is_last)) {
      if (is_last)
        found_.push_back(path);
      else
        walk(path, parts.subspan(1), 0);
    }
  }

  std::vector<std::string> take() {
    std::sort(found_.begin(), found_.end());
    found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
    if (found_.size() > limit_) found_.resize(limit_);
    return std::move(found_);
  }

 private:
  // Entries of a directory whose name matches: directories, or regular files.
  std::vector<std::string> list(const std::string& directory, const std::string& pattern, bool directories) {
    std::vector<std::string> paths;
    if (pattern.find_first_of("*?[") == std::string::npos) {
      std::string path = directory + "/" + pattern;
      if (is_wanted(path, directories)) paths.push_back(std::move(path));
      return paths;
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(directory.empty() ? "/" : directory.c_str()),
                                                      &::closedir);
    if (!listing) return paths;
    while (const dirent* entry = ::readdir(listing.get())) {
      if (++entries_ > kMostEntries) break;
      const std::string name = entry->d_name;
      if (name == "." || name == ".." || ::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) != 0) continue;
      std::string path = directory + "/" + name;
      if (is_wanted(path, directories)) paths.push_back(std::move(path));
    }
    return paths;
  }

  static bool is_wanted(const std::string& path, bool directory) {
    struct stat status{};
    if (directory) return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
  }

  size_t limit_;
  size_t entries_ = 0;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> find_files(std::string_view pattern, size_t limit) {
  std::vector<std::string> parts;
  while (!pattern.empty()) {
    const size_t end = std::min(pattern.find('/'), pattern.size());
    if (end > 0) parts.emplace_back(pattern.substr(0, end));
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
  }
  Search search(limit);
  search.walk("", parts, 0);
  return search.take();
}

}  // namespace capstan::host
