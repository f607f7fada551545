#include "connect/host/kernel_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/file.h"

namespace capstan::host {
namespace {

constexpr size_t kMostBytes = 4 << 20;

// What getdents64 fills in; glibc has no declaration of it.
struct DirectoryEntry {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[];
};

}  // namespace

Result<KernelFiles> KernelFiles::open(const std::string& root) {
  FileHandle handle(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle.is_open()) return fail(errno_code(errno), "cannot open " + root + ": " + errno_text(errno));
  return KernelFiles(std::move(handle));
}

std::optional<std::string_view> KernelFiles::read(const char* path) {
  const FileHandle file(::openat(root_.get(), path, O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return std::nullopt;
  size_t filled = 0;
  while (true) {
    const ssize_t got = ::read(file.get(), buffer_.data() + filled, buffer_.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    filled += static_cast<size_t>(got);
    // The kernel answers small files in one piece: an answer that leaves room is the whole file, and no second read
    // is needed to see its end.
    if (got == 0 || (filled < buffer_.size() && filled < 1000)) break;
    if (filled == buffer_.size()) {
      if (buffer_.size() >= kMostBytes) break;
      buffer_.resize(buffer_.size() * 2);
    }
  }
  return std::string_view(buffer_.data(), filled);
}

std::optional<std::string_view> KernelFiles::read_line(const char* path) {
  auto content = read(path);
  if (content && !content->empty() && content->back() == '\n') content->remove_suffix(1);
  return content;
}

std::optional<std::string_view> KernelFiles::read_link(const char* path) {
  const ssize_t got = ::readlinkat(root_.get(), path, buffer_.data(), buffer_.size());
  if (got < 0) return std::nullopt;
  return std::string_view(buffer_.data(), static_cast<size_t>(got));
}

Status KernelFiles::list_numbers(std::vector<int>& into) {
  into.clear();
  listing_.resize(64 << 10);
  if (::lseek(root_.get(), 0, SEEK_SET) < 0) return fail(errno_code(errno), "cannot rewind: " + errno_text(errno));
  while (true) {
    const long got = ::syscall(SYS_getdents64, root_.get(), listing_.data(), listing_.size());
    if (got < 0) return fail(errno_code(errno), "cannot list processes: " + errno_text(errno));
    if (got == 0) return {};
    for (long offset = 0; offset < got;) {
      const auto* entry = reinterpret_cast<const DirectoryEntry*>(listing_.data() + offset);
      offset += entry->length;
      int number = 0;
      const char* end = entry->name + std::strlen(entry->name);
      const auto parsed = std::from_chars(entry->name, end, number);
      if (parsed.ec == std::errc() && parsed.ptr == end) into.push_back(number);
    }
  }
}

}  // namespace capstan::host
