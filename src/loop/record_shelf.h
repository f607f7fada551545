// The records of all files as one look of a source of their own.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <vector>

#include "catalog/catalog_reader.h"
#include "loop/config_tree.h"
#include "loop/record_reader.h"
#include "loop/removed_records.h"

namespace capstan::loop {

// Owned by the loop's thread.
class RecordShelf {
 public:
  // Of a file with a mistake, the records of its last good version stay: a slip of the pen must not end an account.
  std::vector<Error> load(const ConfigTree& config, const std::vector<KindSpec>& kinds);

  // All records, with those that were taken out of their file and are not done with; complete for the kinds that have a
  // form, once every file could be read since the start. Nothing while there is nothing new to say.
  Result<std::optional<Observation>> look(const catalog::CatalogReader& catalog, Time now);

 private:
  std::map<std::filesystem::path, std::vector<Resource>> good_;
  std::vector<std::string> kinds_;
  RemovedRecords removed_;
  bool whole_ = false;  // No file is without a good version.
  bool fresh_ = false;  // Loaded since the last look.
};

}  // namespace capstan::loop
