// A condition on one label, as PromQL writes it: name="value", !=, =~, !~.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace capstan::telemetry {

class Matcher {
 public:
  enum class Type { kEqual, kNotEqual, kRegex, kNotRegex };

  // Regular expressions are RE2 and fully anchored; a bad one is an error.
  static Result<Matcher> create(Type type, std::string name, std::string value);

  Type type() const { return type_; }
  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }

  // Whether a label's value passes; an absent label has the value "".
  bool matches(std::string_view value) const;

  // name=~"value"
  std::string to_string() const;

 private:
  Type type_ = Type::kEqual;
  std::string name_;
  std::string value_;
  std::shared_ptr<const re2::RE2> regex_;  // Shared: copies of a matcher are made freely.
};

}  // namespace capstan::telemetry
