// The records of all files as one look of a source of their own.
#pragma once

#include <filesystem>
#include <map>
#include <vector>

#include "loop/config_tree.h"
#include "loop/record_reader.h"

namespace capstan::loop {

// Owned by the loop's thread.
class RecordShelf {
 public:
  // Of a file with a mistake, the records of its last good version stay: a slip of the pen must not end an account.
  std::vector<Error> load(const ConfigTree& config, const std::vector<KindSpec>& kinds);
  // All records; complete for the kinds that have a form, once every file could be read since the start.
  Observation observation(Time now) const;

 private:
  std::map<std::filesystem::path, std::vector<Resource>> good_;
  std::vector<std::string> kinds_;
  bool whole_ = false;  // No file is without a good version.
};

}  // namespace capstan::loop
