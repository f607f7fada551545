#include "ledger/data_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <utility>

#include "base/file.h"

namespace capstan::ledger {
namespace {

constexpr const char* kLockFile = "lock";

Error system_error(std::string_view doing, const std::filesystem::path& path) {
  const int number = errno;
  return {errno_code(number), fmt::format("cannot {} {}: {}", doing, path.string(), errno_text(number)), {}};
}

// A lock of the open file: it ends with the process, and asking for it (F_OFD_GETLK) does not take it, so that a
// command that only looks never stands in the way of a Capstan that starts.
struct flock whole_file() {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

// The first line is the process, the second its socket.
DataDirectory::Holder parse_holder(std::string_view text) {
  DataDirectory::Holder holder;
  const size_t line = text.find('\n');
  const std::string_view pid = text.substr(0, line);
  std::from_chars(pid.data(), pid.data() + pid.size(), holder.pid);
  if (line == std::string_view::npos) return holder;
  const std::string_view rest = text.substr(line + 1);
  holder.socket_path = rest.substr(0, rest.find('\n'));
  return holder;
}

// The holder may be writing its line just now, so it can be empty; then only the lock itself is known.
Result<DataDirectory::Holder> read_holder(const std::filesystem::path& file) {
  return parse_holder(TRY(read_file(file, 64 << 10)));
}

Status write_holder(int descriptor, const std::filesystem::path& file, std::string_view socket_path) {
  const std::string text = fmt::format("{}\n{}\n", getpid(), socket_path);
  if (ftruncate(descriptor, 0) != 0 || pwrite(descriptor, text.data(), text.size(), 0) != ssize_t(text.size())) {
    return fail(system_error("write", file));
  }
  return {};
}

}  // namespace

Result<DataDirectory> DataDirectory::lock(const std::filesystem::path& path, std::string_view socket_path) {
  std::error_code problem;
  const bool created = std::filesystem::create_directories(path, problem);
  if (problem) {
    return fail(errno_code(problem.value()),
                fmt::format("cannot create the data directory {}: {}", path.string(), problem.message()));
  }
  if (created) std::filesystem::permissions(path, std::filesystem::perms::owner_all, problem);
  const std::filesystem::path file = path / kLockFile;
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return fail(system_error("open", file));
  DataDirectory directory(path, descriptor);
  struct flock wanted = whole_file();
  if (fcntl(descriptor, F_OFD_SETLK, &wanted) != 0) {
    if (errno != EAGAIN && errno != EACCES) return fail(system_error("lock", file));
    const Result<Holder> holder = read_holder(file);
    const std::string who = holder && holder->pid > 0 ? fmt::format("process {}", holder->pid) : "another process";
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("another Capstan ({}) uses the data directory {}; stop it, or choose another directory "
                            "with --data",
                            who, path.string()));
  }
  TRY(write_holder(descriptor, file, socket_path));
  return directory;
}

Result<std::optional<DataDirectory::Holder>> DataDirectory::holder(const std::filesystem::path& path) {
  const std::filesystem::path file = path / kLockFile;
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    if (errno == ENOENT) return std::nullopt;
    return fail(system_error("open", file));
  }
  struct flock asked = whole_file();
  const bool answered = fcntl(descriptor, F_OFD_GETLK, &asked) == 0;
  const Error error = system_error("ask for the lock of", file);
  ::close(descriptor);
  if (!answered) return fail(error);
  if (asked.l_type == F_UNLCK) return std::nullopt;
  return TRY(read_holder(file));
}

DataDirectory::DataDirectory(DataDirectory&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

// Closing releases the lock. The file stays: removing it would let two processes lock two files of one name.
DataDirectory::~DataDirectory() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace capstan::ledger
