#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace capstan {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

std::unexpected<Error> fail_errno(std::string_view what, const std::filesystem::path& path) {
  const int number = errno;
  return fail(errno_code(number), fmt::format("cannot {} {}: {}", what, path.string(), errno_text(number)));
}

Status write_all(int fd, std::string_view content, const std::filesystem::path& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("write", path);
    content.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

}  // namespace

std::string errno_text(int error_number) { return std::generic_category().message(error_number); }

ErrorCode errno_code(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ESRCH: return ErrorCode::kNotFound;
    case EEXIST: return ErrorCode::kAlreadyExists;
    case EACCES:
    case EPERM: return ErrorCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM: return ErrorCode::kResourceExhausted;
    case ECONNREFUSED:
    case ECONNRESET:
    case EHOSTUNREACH:
    case EAGAIN: return ErrorCode::kUnavailable;
    case ETIMEDOUT: return ErrorCode::kDeadlineExceeded;
    case EINVAL: return ErrorCode::kInvalidArgument;
    default: return ErrorCode::kInternal;
  }
}

Result<std::string> read_file(const std::filesystem::path& path, size_t max_bytes) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return fail_errno("open", path);
  std::string content;
  char buffer[16384];
  while (true) {
    const ssize_t got = ::read(file.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read", path);
    if (got == 0) return content;
    if (content.size() + static_cast<size_t>(got) > max_bytes) {
      return fail(ErrorCode::kResourceExhausted,
                  fmt::format("{} is larger than the limit of {} bytes", path.string(), max_bytes));
    }
    content.append(buffer, static_cast<size_t>(got));
  }
}

Status write_file_atomically(const std::filesystem::path& path, std::string_view content, unsigned mode) {
  const std::filesystem::path draft = path.string() + ".new";
  {
    const FileDescriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (file.get() < 0) return fail_errno("create", draft);
    TRY(write_all(file.get(), content, draft));
    if (::fsync(file.get()) != 0) return fail_errno("sync", draft);
  }
  if (::rename(draft.c_str(), path.c_str()) != 0) return fail_errno("replace", path);
  return sync_directory(path.has_parent_path() ? path.parent_path() : std::filesystem::path("."));
}

Status sync_directory(const std::filesystem::path& path) {
  const FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0) return fail_errno("open", path);
  if (::fsync(directory.get()) != 0) return fail_errno("sync", path);
  return {};
}

Result<std::vector<std::filesystem::path>> list_files(const std::filesystem::path& directory, std::string_view suffix,
                                                      std::vector<FolderTrouble>* passed_over) {
  const auto trouble = [](const std::filesystem::path& folder, const std::error_code& error) {
    return Error{errno_code(error.value()), fmt::format("cannot list {}: {}", folder.string(), error.message()), {}};
  };
  std::vector<std::filesystem::path> files;
  std::error_code error;
  const std::filesystem::directory_iterator readable(directory, error);
  if (error) return fail(trouble(directory, error));
  std::filesystem::recursive_directory_iterator entry(
      directory, std::filesystem::directory_options::skip_permission_denied, error);
  if (error) return fail(trouble(directory, error));
  for (const std::filesystem::recursive_directory_iterator end; entry != end; entry.increment(error)) {
    if (error) break;
    std::error_code hidden;
    const std::filesystem::path& path = entry->path();
    if (entry->is_regular_file(hidden) && path.string().ends_with(suffix)) files.push_back(path);
    if (!passed_over || !entry->is_directory(hidden) || entry->is_symlink(hidden)) continue;
    const std::filesystem::directory_iterator listable(path, hidden);
    if (hidden) passed_over->push_back({path, trouble(path, hidden)});
  }
  if (error) return fail(trouble(directory, error));
  std::ranges::sort(files);
  return files;
}

}  // namespace capstan
