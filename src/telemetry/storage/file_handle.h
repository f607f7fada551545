// An open file that closes itself, and a file mapped for reading; both say the path in their errors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace capstan::telemetry {

// A file being written. Not thread-safe.
class FileHandle {
 public:
  // An empty file; one of the same name is emptied.
  static Result<FileHandle> create(std::filesystem::path path);
  FileHandle(FileHandle&& other) noexcept : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept;
  ~FileHandle();

  // Writes all bytes at `offset`. kResourceExhausted on a full disk; a part may then be written, and writing again at
  // the same offset mends it.
  Status write_at(std::string_view bytes, uint64_t offset);
  // Until the disk has it.
  Status sync();

  const std::filesystem::path& path() const { return path_; }

 private:
  FileHandle(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {}

  std::filesystem::path path_;
  int fd_ = -1;
};

// Read-only and thread-safe. The bytes stay readable when the file is removed, but not when it is truncated.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  MappedFile(const void* data, size_t size) : data_(data), size_(size) {}

  const void* data_ = nullptr;
  size_t size_ = 0;
};

// Cuts a file. The file must not be mapped beyond `size`.
Status truncate_file(const std::filesystem::path& path, uint64_t size);

// Creates a directory and those above it.
Status make_directory(const std::filesystem::path& path);

}  // namespace capstan::telemetry
