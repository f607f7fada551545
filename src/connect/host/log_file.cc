#include "connect/host/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "base/crypto.h"

namespace capstan::host {
namespace {

constexpr size_t kLongestLine = 64 << 10;
constexpr uint64_t kFingerprintBytes = 256;

}  // namespace

Json LogPosition::to_json() const {
  return Json::object({{"device", static_cast<uint64_t>(device)},
                       {"inode", inode},
                       {"offset", offset},
                       {"fingerprint", fingerprint},
                       {"fingerprint_bytes", fingerprint_bytes}});
}

LogPosition LogPosition::from_json(const Json& json) {
  return {.device = static_cast<dev_t>(json["device"].int_or(0)),
          .inode = static_cast<uint64_t>(json["inode"].int_or(0)),
          .offset = static_cast<uint64_t>(json["offset"].int_or(0)),
          .fingerprint = json["fingerprint"].string_or_empty(),
          .fingerprint_bytes =
              static_cast<uint64_t>(std::clamp<int64_t>(json["fingerprint_bytes"].int_or(0), 0, kFingerprintBytes))};
}

LogFile::LogFile(std::string path, std::optional<LogPosition> stored, LogStart start)
    : path_(std::move(path)), stored_(std::move(stored)), start_(start) {}

std::string LogFile::fingerprint_of(uint64_t bytes) const {
  std::array<char, kFingerprintBytes> head{};
  const ssize_t got = ::pread(file_.get(), head.data(), std::min<uint64_t>(bytes, head.size()), 0);
  if (got < static_cast<ssize_t>(bytes)) return "";
  return hex(sha256(std::string_view(head.data(), bytes))).substr(0, 16);
}

void LogFile::extend_fingerprint() {
  const uint64_t bytes = std::min(kFingerprintBytes, offset_);
  if (bytes <= fingerprint_bytes_) return;
  fingerprint_ = fingerprint_of(bytes);
  fingerprint_bytes_ = bytes;
}

void LogFile::restart(uint64_t offset) {
  offset_ = offset;
  partial_.clear();
  skipping_ = false;
  fingerprint_.clear();
  fingerprint_bytes_ = 0;
  extend_fingerprint();
}

bool LogFile::open_current() {
  // Non-blocking, so that a path that became a pipe does not hold us.
  file_ = FileHandle(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!file_.is_open() || ::fstat(file_.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    file_.reset();
    return false;
  }
  device_ = status.st_dev;
  inode_ = status.st_ino;
  size_ = static_cast<uint64_t>(status.st_size);
  const bool known =
      stored_ && stored_->device == device_ && stored_->inode == inode_ && stored_->offset <= size_ &&
      (stored_->fingerprint_bytes == 0 || fingerprint_of(stored_->fingerprint_bytes) == stored_->fingerprint);
  // With a position of a file that is no longer this one, all in this one is new.
  if (known)
    restart(stored_->offset);
  else
    restart(stored_ || start_ == LogStart::kAtBeginning ? 0 : size_);
  stored_.reset();
  start_ = LogStart::kAtBeginning;  // A successor is new from its first byte.
  gone_ = false;
  return true;
}

void LogFile::check_truncated() {
  struct stat status{};
  if (::fstat(file_.get(), &status) != 0) return;
  size_ = static_cast<uint64_t>(status.st_size);
  const bool rewritten =
      fingerprint_bytes_ > 0 && size_ >= fingerprint_bytes_ && fingerprint_of(fingerprint_bytes_) != fingerprint_;
  if (size_ < offset_ || rewritten) restart(0);
}

void LogFile::split(std::string_view bytes, const std::function<void(std::string_view)>& each) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (!skipping_) partial_.append(piece.substr(0, kLongestLine - std::min(kLongestLine, partial_.size())));
    const bool too_long = partial_.size() >= kLongestLine;
    if (end == std::string_view::npos) {
      if (too_long && !skipping_) {
        each(partial_);
        partial_.clear();
        skipping_ = true;
      }
      return;
    }
    if (!skipping_ && !partial_.empty()) each(partial_);
    partial_.clear();
    skipping_ = false;
    bytes.remove_prefix(end + 1);
  }
}

bool LogFile::read_some(const std::function<void(std::string_view)>& each, size_t budget) {
  std::vector<char> buffer(64 << 10);
  while (budget > 0) {
    const ssize_t got =
        ::pread(file_.get(), buffer.data(), std::min(buffer.size(), budget), static_cast<off_t>(offset_));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    offset_ += static_cast<uint64_t>(got);
    budget -= static_cast<size_t>(got);
    split(std::string_view(buffer.data(), static_cast<size_t>(got)), each);
  }
  return false;
}

bool LogFile::read(const std::function<void(std::string_view)>& each, size_t budget) {
  if (!file_.is_open() && !open_current()) {
    gone_ = true;
    return true;
  }
  check_truncated();
  const bool all = read_some(each, budget);
  extend_fingerprint();
  if (!all) return false;
  // All of this file was read: only now its successor's turn has come.
  struct stat status{};
  if (::stat(path_.c_str(), &status) != 0) {
    gone_ = true;
    return true;
  }
  gone_ = false;
  if (status.st_dev == device_ && status.st_ino == inode_) return true;
  if (!partial_.empty()) each(partial_);  // Its end will not come any more.
  file_.reset();
  return !open_current();
}

LogPosition LogFile::position() const {
  return {.device = device_,
          .inode = inode_,
          .offset = offset_ - std::min<uint64_t>(offset_, partial_.size()),
          .fingerprint = fingerprint_,
          .fingerprint_bytes = fingerprint_bytes_};
}

}  // namespace capstan::host
