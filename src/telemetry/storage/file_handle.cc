#include "telemetry/storage/file_handle.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/file.h"

namespace capstan::telemetry {
namespace {

std::unexpected<Error> fail_errno(std::string_view what, const std::filesystem::path& path) {
  const int number = errno;
  return fail(errno_code(number), fmt::format("cannot {} {}: {}", what, path.string(), errno_text(number)));
}

}  // namespace

Result<FileHandle> FileHandle::create(std::filesystem::path path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (fd < 0) return fail_errno("create", path);
  return FileHandle(std::move(path), fd);
}

FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  return *this;
}

FileHandle::~FileHandle() {
  if (fd_ >= 0) ::close(fd_);
}

Status FileHandle::write_at(std::string_view bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("write", path_);
    bytes.remove_prefix(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return {};
}

Status FileHandle::sync() {
  if (::fdatasync(fd_) != 0) return fail_errno("sync", path_);
  return {};
}

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail_errno("open", path);
  struct stat status{};
  if (::fstat(fd, &status) != 0) {
    const auto error = fail_errno("examine", path);
    ::close(fd);
    return error;
  }
  const size_t size = static_cast<size_t>(status.st_size);
  void* data = size == 0 ? nullptr : ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  const auto error = data == MAP_FAILED ? fail_errno("map", path) : std::unexpected(Error{});
  ::close(fd);
  if (data == MAP_FAILED) return error;
  return MappedFile(data, size);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<void*>(data_), size_);
}

Status truncate_file(const std::filesystem::path& path, uint64_t size) {
  if (::truncate(path.c_str(), static_cast<off_t>(size)) != 0) return fail_errno("truncate", path);
  return {};
}

Status make_directory(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    return fail(errno_code(error.value()), fmt::format("cannot create {}: {}", path.string(), error.message()));
  }
  return {};
}

}  // namespace capstan::telemetry
