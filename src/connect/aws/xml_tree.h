// An XML answer as a tree of elements: names without their namespaces' prefixes.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace capstan::aws {

struct XmlElement {
  std::string name;
  std::string text;  // What stands directly in it.
  std::vector<std::pair<std::string, std::string>> attributes;
  std::vector<XmlElement> children;

  const XmlElement* child(std::string_view child_name) const;
  // The text of a child, "" where there is none.
  std::string_view text_of(std::string_view child_name) const;
};

// Nothing is fetched, no entity is expanded; nesting beyond 100 levels and more than 2,000,000 elements are refused.
Result<XmlElement> parse_xml(std::string_view text);

}  // namespace capstan::aws
