// The part of JMESPath that AWS' paginators and waiters use: members, list positions, projections, filters, length(),
// comparisons, and, or, not, literals. Source: the JMESPath specification (jmespath.org).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace capstan::aws {

// Immutable and cheap to copy. Thread-safe.
class PathExpression {
 public:
  struct Node;

  // kInvalidArgument with the column.
  static Result<PathExpression> parse(std::string_view text);

  // Null where there is nothing, as the specification has it.
  Json evaluate(const Json& value) const;
  const std::string& text() const { return text_; }
  // The names of "A.B.C", where the expression is nothing but those; else empty.
  std::vector<std::string> plain_names() const;

 private:
  PathExpression(std::string text, std::shared_ptr<const Node> root) : text_(std::move(text)), root_(std::move(root)) {}

  std::string text_;
  std::shared_ptr<const Node> root_;
};

// What counts as false: null, false, and empty texts, lists and objects.
bool is_truthy(const Json& value);

}  // namespace capstan::aws
