// Configuration files of this machine, as a process sees them.
#pragma once

#include <string>
#include <vector>

#include "product/config_files.h"

namespace capstan::product {

class LocalFiles final : public FileSource {
 public:
  // `root` is put before every path: "" or "/proc/42/root".
  explicit LocalFiles(std::string root) : root_(std::move(root)) {}

  std::vector<std::string> list(const std::string& pattern) override;
  // Only regular files of at most kMostTextBytes.
  Result<std::string> read(const std::string& path, const std::vector<std::string>& directories) override;

  // What tells whether files, and the directories that they lie in, are as they were. `changed_at` becomes the newest
  // change of a file.
  std::string stamp(const std::vector<std::string>& paths, Time& changed_at) const;

 private:
  std::string root_;
};

}  // namespace capstan::product
