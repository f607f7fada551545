// Reads the small files of /proc and /sys through one directory descriptor into one reused buffer: a look at hundreds
// of processes allocates nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_handle.h"
#include "base/result.h"

namespace capstan::host {

// Not thread-safe.
class KernelFiles {
 public:
  // `root` is "/proc" or "/sys"; tests give a directory of their own.
  static Result<KernelFiles> open(const std::string& root);

  // The content, or nothing when it cannot be read (a process that ended, a file this kernel lacks). Valid until the
  // next read. Content beyond 4 MiB is cut.
  std::optional<std::string_view> read(const char* path);
  // The same without the line end.
  std::optional<std::string_view> read_line(const char* path);
  // The target of a symbolic link; valid until the next call.
  std::optional<std::string_view> read_link(const char* path);

  // The numeric entries of the root, as /proc lists processes.
  Status list_numbers(std::vector<int>& into);

  int fd() const { return root_.get(); }

 private:
  explicit KernelFiles(FileHandle root) : root_(std::move(root)), buffer_(16384) {}

  FileHandle root_;
  std::vector<char> buffer_;
  std::vector<char> listing_;
};

}  // namespace capstan::host
