// The manuals that are in force: read again when their files change, while others look things up.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "manual/manual_book.h"

namespace capstan::manual {

struct ManualText {
  std::string path;  // For errors.
  std::string text;
};

// Thread-safe.
class ManualShelf final : public Manual {
 public:
  // Puts these files in force, the first ones first. Of a file with mistakes its last good version stays. Gives all
  // mistakes with file and line.
  std::vector<Error> load(const std::vector<ManualText>& files);

  std::vector<ManualEntry> look_up(std::string_view text, std::string_view product = "",
                                   size_t most = 5) const override;
  size_t size() const;
  std::vector<std::string> products() const;

 private:
  struct Known {
    std::string text;              // As it was last read,
    std::vector<Error> problems;   // and what was wrong with it.
    std::vector<ManualFile> good;  // Of the last text without mistakes.
  };
  std::shared_ptr<const ManualBook> book() const;

  std::mutex loading_;                  // Held while files are read, which takes longer than a look-up may wait.
  std::map<std::string, Known> known_;  // By path.
  std::vector<std::string> order_;
  mutable std::mutex mutex_;
  std::shared_ptr<const ManualBook> book_;
};

}  // namespace capstan::manual
