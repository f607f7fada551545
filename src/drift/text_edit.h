// Changes of single nodes of a YAML text, by the places of its nodes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/json.h"

namespace capstan::drift {

class TextEdit {
 public:
  explicit TextEdit(std::string_view text);

  // A member's value, or an item of a list, replaced. `parent` holds it, as `index`th member or item. What comes of it
  // is for the caller to verify: not every way to write YAML is known here.
  std::string replaced(const ConfigNode& parent, size_t index, const Json& value) const;
  // A member or an item taken away, with its lines where it has lines of its own. Not the only one.
  std::string removed(const ConfigNode& parent, size_t index) const;
  std::string without_lines(int first, int last) const;  // Counted from 1, both included.

 private:
  size_t offset(const Where& where) const;
  size_t line_end(size_t at) const;
  bool is_flow(const ConfigNode& node) const;
  // Behind the last character of a node. `indent`: of what holds it, for texts over several lines.
  size_t end_of(const ConfigNode& node, size_t indent) const;
  size_t scalar_end(const ConfigNode& node, size_t at, size_t indent) const;
  size_t literal_end(size_t at, size_t indent) const;
  size_t child_start(const ConfigNode& parent, size_t index) const;
  size_t child_end(const ConfigNode& parent, size_t index) const;
  std::string spliced(size_t begin, size_t end, std::string_view with) const;

  std::string_view text_;
  std::vector<size_t> lines_;  // Where each begins.
};

}  // namespace capstan::drift
