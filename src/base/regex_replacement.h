// A replacement text with references to a regular expression's groups, as Go's Regexp.Expand reads it: $1, ${1}, $name,
// ${name} and $$. A bare name is as long as it can be; an unknown group is empty; a lone dollar stands for itself.
#pragma once

#include <re2/stringpiece.h>

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace re2 {
class RE2;
}

namespace capstan {

// Taken apart once; then immutable.
class RegexReplacement {
 public:
  RegexReplacement(std::string_view text, const re2::RE2& regex);

  // `groups` are those of a match; the first is the whole of it.
  std::string expand(std::span<const re2::StringPiece> groups) const;

 private:
  // Literal text, and the number of the group after it or kNone.
  std::vector<std::pair<std::string, int>> parts_;
};

}  // namespace capstan
