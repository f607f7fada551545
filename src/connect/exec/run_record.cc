#include "connect/exec/run_record.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <thread>

#include "base/file.h"

namespace capstan::exec {
namespace {

constexpr Duration kLookAgain{50};
constexpr size_t kLargestRecord = 64 << 10;

Status append(int fd, std::string_view line) {
  const std::string whole = std::string(line) + "\n";
  if (::write(fd, whole.data(), whole.size()) == static_cast<ssize_t>(whole.size()) && ::fsync(fd) == 0) return {};
  return fail(errno_code(errno), "cannot write down a program's run: " + errno_text(errno));
}

RunEnd parse(std::string_view text) {
  // A line that a power cut has broken off says nothing.
  text = text.substr(0, text.rfind('\n') + 1);
  if (text.empty()) return {};
  text.remove_suffix(1);
  const std::string_view line = text.substr(text.rfind('\n') + 1);
  if (line == "prepared" || line == "not started") return {RunState::kPrepared, 0};
  if (line == "cut off") return {RunState::kCutOff, 0};
  RunEnd end{RunState::kStarted, 0};
  if (line.starts_with("exit ")) {
    const std::string_view number = line.substr(5);
    const auto parsed = std::from_chars(number.data(), number.data() + number.size(), end.exit_code);
    if (parsed.ec == std::errc() && parsed.ptr == number.data() + number.size()) end.state = RunState::kExited;
  }
  return end;
}

Result<RunEnd> read_end(int fd) {
  std::string text(kLargestRecord, '\0');
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  if (got < 0) return fail(errno_code(errno), "cannot read what is written of a program's run: " + errno_text(errno));
  return parse(std::string_view(text).substr(0, static_cast<size_t>(got)));
}

}  // namespace

void RunRecord::not_started() { (void)append(file_.get(), "not started"); }

Result<std::filesystem::path> RunRecords::path_of(std::string_view name) const {
  const bool fits =
      !name.empty() && name.size() < 200 && name.front() != '.' &&
      std::ranges::all_of(
          name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; });
  if (!fits) return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no name of a run", name));
  return directory_ / name;
}

Result<FileHandle> RunRecords::open_locked(const std::filesystem::path& path, int flags, Duration patience) const {
  FileHandle file(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.is_open())
    return fail(errno_code(errno), fmt::format("cannot open {}: {}", path.string(), errno_text(errno)));
  const Duration until = clock_.monotonic() + patience;
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return fail(errno_code(errno), fmt::format("cannot lock {}: {}", path.string(), errno_text(errno)));
    if (clock_.monotonic() >= until) return fail(ErrorCode::kUnavailable, "the program of before is still running");
    std::this_thread::sleep_for(kLookAgain);
  }
  return file;
}

Status RunRecords::prepare(std::string_view name) const {
  std::error_code error;
  if (std::filesystem::create_directories(directory_, error))
    std::filesystem::permissions(directory_, std::filesystem::perms::owner_all, error);
  if (error)
    return fail(errno_code(error.value()), fmt::format("cannot make {}: {}", directory_.string(), error.message()));
  const FileHandle file = TRY(open_locked(TRY(path_of(name)), O_RDWR | O_APPEND | O_CREAT, Duration(0)));
  TRY(append(file.get(), "prepared"));
  return sync_directory(directory_);
}

Result<RunRecord> RunRecords::begin(std::string_view name, bool first, Duration patience) const {
  FileHandle file = TRY(open_locked(TRY(path_of(name)), O_RDWR | O_APPEND | (first ? 0 : O_CREAT), patience));
  if (first && TRY(read_end(file.get())).state != RunState::kPrepared)
    return fail(ErrorCode::kFailedPrecondition, "this run has begun before");
  TRY(append(file.get(), "started"));
  if (!first) TRY(sync_directory(directory_));
  return RunRecord(std::move(file));
}

Result<RunEnd> RunRecords::read(std::string_view name, Duration patience) const {
  const Result<FileHandle> file = open_locked(TRY(path_of(name)), O_RDONLY, patience);
  if (!file && file.error().code == ErrorCode::kNotFound) return RunEnd();
  if (!file) return fail(file.error());
  return read_end(file->get());
}

void RunRecords::forget_older_than(Duration age) const {
  std::error_code error;
  const auto before = std::filesystem::file_time_type::clock::now() - age;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    const auto written = entry.last_write_time(error);
    if (!error && written < before) std::filesystem::remove(entry.path(), error);
  }
}

}  // namespace capstan::exec
