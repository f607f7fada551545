// The steps that are in force: read again when their files change, while others diagnose.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "diagnose/diagnosis_file.h"

namespace capstan::diagnose {

// Thread-safe.
class DiagnosisShelf {
 public:
  // Puts these files in force, those of packs first. Of a file with mistakes, also in its SQL, the last good version
  // stays. Gives all mistakes with file and line.
  std::vector<Error> load(const std::vector<DiagnosisText>& files, const std::vector<KindSpec>& kinds);

  std::shared_ptr<const DiagnosisBook> book() const;

 private:
  std::mutex loading_;
  std::map<std::string, std::string> good_;  // The last texts without mistakes, by path.
  mutable std::mutex mutex_;
  std::shared_ptr<const DiagnosisBook> book_ = std::make_shared<const DiagnosisBook>();
};

}  // namespace capstan::diagnose
