#include "connect/host/largest_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string_view>
#include <tuple>

#include "base/file_handle.h"

namespace capstan::host {
namespace {

struct Found {
  bool recent = false;
  uint64_t bytes = 0;
  std::string path;
  Time modified;
  uid_t owner = 0;

  bool operator<(const Found& other) const { return std::tie(recent, bytes) < std::tie(other.recent, other.bytes); }
};

Found to_found(std::string path, const struct stat& status, Time now, const WalkLimits& limits) {
  const Time modified = from_unix_ms(status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1'000'000);
  return {.recent = now - modified <= limits.recent,
          .bytes = static_cast<uint64_t>(status.st_blocks) * 512,
          .path = std::move(path),
          .modified = modified,
          .owner = status.st_uid};
}

}  // namespace

LargestFiles find_largest_files(const std::string& mountpoint, Time now, const Clock& clock, UserNames& users,
                                const WalkLimits& limits) {
  LargestFiles result;
  struct stat root{};
  if (::stat(mountpoint.c_str(), &root) != 0) return result;
  const Duration until = clock.monotonic() + limits.time;
  std::vector<Found> largest;  // A heap whose front is the least of the kept.
  const auto keep = [&](Found found) {
    const auto greater = [](const Found& a, const Found& b) { return b < a; };
    largest.push_back(std::move(found));
    std::push_heap(largest.begin(), largest.end(), greater);
    if (largest.size() <= limits.most) return;
    std::pop_heap(largest.begin(), largest.end(), greater);
    largest.pop_back();
  };
  // Level by level: what fills a disk seldom lies deep, and the limit should cut the depths.
  std::deque<std::string> directories{mountpoint};
  size_t entries = 0;
  while (!directories.empty()) {
    const std::string directory = std::move(directories.front());
    directories.pop_front();
    const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) continue;
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(fd), &::closedir);
    if (!listing) continue;
    while (const dirent* entry = ::readdir(listing.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (++entries > limits.entries || (entries % 64 == 0 && clock.monotonic() > until)) {
        result.complete = false;
        directories.clear();
        break;
      }
      struct stat status{};
      if (::fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 || status.st_dev != root.st_dev) continue;
      std::string path = directory == "/" ? "/" + std::string(name) : directory + "/" + std::string(name);
      if (S_ISDIR(status.st_mode)) directories.push_back(std::move(path));
      if (S_ISREG(status.st_mode) && status.st_blocks > 0) keep(to_found(std::move(path), status, now, limits));
    }
  }
  std::sort(largest.begin(), largest.end(), [](const Found& a, const Found& b) { return b < a; });
  for (const Found& found : largest) {
    result.files.push_back(Json::object({{"path", found.path},
                                         {"bytes", found.bytes},
                                         {"modified", format_time(found.modified)},
                                         {"owner", users.name(found.owner)}}));
  }
  return result;
}

}  // namespace capstan::host
