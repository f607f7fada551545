// What became of each file of the configuration, as facts and for whoever asks. Owned by the loop; not thread-safe.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "loop/config_tree.h"
#include "model/fact_sink.h"

namespace capstan::loop {

class ConfigReport {
 public:
  void note_changed(const std::set<std::filesystem::path>& files) { changed_.insert(files.begin(), files.end()); }

  // Writes down of each changed file that it is loaded, or with which of `problems` it was rejected.
  Status write(const ConfigTree& config, const std::vector<Error>& problems, FactSink& facts, Time now);

  // An array of {path, state, loaded_at, error}, by path.
  Json to_json() const;

 private:
  std::set<std::filesystem::path> changed_;
  std::map<std::string, Json> states_;  // By path.
};

}  // namespace capstan::loop
