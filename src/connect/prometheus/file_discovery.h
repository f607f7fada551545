// Targets listed in JSON or YAML files (file_sd_configs), read again when the files change.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "connect/prometheus/scrape_config.h"

namespace capstan::prometheus {

// Not thread-safe.
class FileDiscovery {
 public:
  struct Look {
    bool changed = false;
    std::vector<Error> problems;  // Of files that are broken now; the last good version of each stays in force.
  };
  // Looks at the files that the patterns name; "*" and "?" may stand in the last part of a path.
  Look look(const std::vector<std::string>& patterns);

  // The groups of all files a pattern names, each with `__meta_filepath`.
  std::vector<TargetGroup> groups(const std::string& pattern) const;

 private:
  struct File {
    std::filesystem::file_time_type modified;
    uintmax_t size = 0;
    std::vector<TargetGroup> groups;
    std::vector<Error> problems;
  };
  bool look_at(const std::string& path);

  std::map<std::string, std::vector<std::string>> paths_;  // By pattern.
  std::map<std::string, File> files_;
};

}  // namespace capstan::prometheus
