// The directory where one Capstan keeps everything, locked so that a second one cannot open it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace capstan::ledger {

class DataDirectory {
 public:
  // Who holds a directory.
  struct Holder {
    pid_t pid = 0;
    std::string socket_path;  // Where commands reach the running Capstan; "" when it offers none.
  };

  // Creates the directory where needed (readable by its owner only) and locks it until destruction or the end of the
  // process, however that ends. kFailedPrecondition, naming the process, when another one holds it.
  static Result<DataDirectory> lock(const std::filesystem::path& path, std::string_view socket_path = "");
  // The process that holds the lock now; nothing when nobody does.
  static Result<std::optional<Holder>> holder(const std::filesystem::path& path);

  DataDirectory(DataDirectory&& other) noexcept;
  DataDirectory& operator=(DataDirectory&&) = delete;
  ~DataDirectory();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(std::string_view name) const { return path_ / name; }

 private:
  DataDirectory(std::filesystem::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace capstan::ledger
