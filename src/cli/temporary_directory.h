// A directory for as long as a command runs.
#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "base/file.h"
#include "base/result.h"

namespace capstan::cli {

// Removed with all that is in it when this is.
class TemporaryDirectory {
 public:
  static Result<std::unique_ptr<TemporaryDirectory>> make() {
    std::string name = (std::filesystem::temp_directory_path() / "capstan-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      return fail(errno_code(errno), fmt::format("cannot make a temporary directory in {}",
                                                 std::filesystem::temp_directory_path().string()));
    }
    return std::unique_ptr<TemporaryDirectory>(new TemporaryDirectory(name));
  }
  ~TemporaryDirectory() {
    std::error_code none;
    std::filesystem::remove_all(path_, none);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace capstan::cli
