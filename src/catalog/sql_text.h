// SQL as SQLite splits it into words, so that what stands in strings and comments is never taken for anything else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace capstan::catalog {

struct SqlToken {
  enum class Kind { kWord, kQuotedName, kString, kBlob, kNumber, kParameter, kSign };
  Kind kind = Kind::kSign;
  std::string_view text;  // As written, quotes included.
  size_t offset = 0;

  bool is_word(std::string_view word) const;  // Without regard to case.
  bool is_sign(char sign) const { return kind == Kind::kSign && text.size() == 1 && text[0] == sign; }
  // The content of a string or name, without its quotes.
  std::string content() const;
};

// The tokens of a text, without comments. kInvalidArgument with line and column for what never ends.
Result<std::vector<SqlToken>> split_sql(std::string_view sql);

// Line and column, both from 1, of a byte.
Where place_in(std::string_view sql, size_t offset);

std::string lower_case(std::string_view text);

}  // namespace capstan::catalog
