// All manuals in one, made for looking up: a text is compared with all patterns at once.
//
// The literals that patterns need are searched first, all together (an RE2::Set); only patterns whose literals stand in
// the text are tried. That is for every new template of log lines, not for every line.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "manual/manual_file.h"
#include "model/manual.h"

namespace capstan::manual {

inline constexpr size_t kLongestText = 16 << 10;  // So much of a text is looked at.

// Immutable.
class ManualBook final : public Manual {
 public:
  // Of two entries that say as much the one of the earlier manual comes first.
  static Result<std::shared_ptr<const ManualBook>> create(std::vector<ManualFile> manuals);
  ~ManualBook() override;

  std::vector<ManualEntry> look_up(std::string_view text, std::string_view product = "",
                                   size_t most = 5) const override;
  size_t size() const;
  std::vector<std::string> products() const;

 private:
  struct Index;
  explicit ManualBook(std::unique_ptr<const Index> index);
  std::unique_ptr<const Index> index_;
};

}  // namespace capstan::manual
