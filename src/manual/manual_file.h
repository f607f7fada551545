// Manuals as files: error codes and log patterns, with what they mean, why they come and what helps (docs/manuals.md).
//
//   manual: postgresql
//   title: PostgreSQL
//   see: https://www.postgresql.org/docs/current/errcodes-appendix.html
//   codes: 'SQLSTATE[ :=\[]*([0-9A-Z]{5})'      # How a code stands in a text, where it does not stand alone.
//   entries:
//     - code: "53300"                           # Also a list; "40*" for a class, "TBR-7001..TBR-7099" for a range.
//       pattern: 'sorry, too many clients'      # RE2; its named captures can be used in the texts below.
//       severity: high
//       means: all connections are taken
//       causes: [a connection pool is larger than max_connections]
//       remedies: [put a pooler in between]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/manual.h"

namespace capstan::manual {

// A code, all that begin with a text, or a range of numbers after the same beginning.
class CodeSpan {
 public:
  enum class Kind { kExact, kPrefix, kRange };

  static Result<CodeSpan> parse(std::string_view text);

  Kind kind() const { return kind_; }
  bool contains(std::string_view code) const;
  // As it is written; of a prefix without the star.
  const std::string& text() const { return text_; }

 private:
  Kind kind_ = Kind::kExact;
  std::string text_;
  std::string beginning_;  // Of a range: "TBR-".
  int64_t first_ = 0;
  int64_t last_ = 0;
};

struct ManualItem {
  std::vector<CodeSpan> codes;
  std::string pattern;  // "" where there is none.
  ManualEntry entry;    // Its texts may hold placeholders: {{code}}, {{name of a capture}}.
};

struct ManualFile {
  std::string product;
  std::string title;
  std::vector<std::string> finds;  // RE2 with one group: the code.
  std::vector<ManualItem> items;
};

struct ReadManuals {
  std::vector<ManualFile> manuals;
  std::vector<Error> problems;  // With file, line and column. A file with a problem is not to be used.
};

// One YAML document a manual; documents that are none are passed over.
ReadManuals read_manuals(std::string_view text, std::string_view file);

}  // namespace capstan::manual
