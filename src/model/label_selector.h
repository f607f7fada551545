// Kubernetes' label selectors: "env=dev,tier!=db,plan in (trial, demo),!frozen,owner".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/resource.h"

namespace capstan {

// All requirements must hold. As in Kubernetes, "!=" and "notin" also match where the label is absent.
class LabelSelector {
 public:
  enum class Operator { kIn, kNotIn, kExists, kAbsent };
  struct Requirement {
    std::string key;
    Operator op = Operator::kIn;
    std::vector<std::string> values;

    bool operator==(const Requirement&) const = default;
  };

  // "" selects everything.
  static Result<LabelSelector> parse(std::string_view text);
  // A Kubernetes LabelSelector object, {matchLabels, matchExpressions}, or a plain map of labels as a Service has it.
  // Both forms select everything when they are empty; who uses them knows where an empty one selects nothing.
  static Result<LabelSelector> from_json(const Json& selector);

  bool matches(const ResourceLabels& labels) const;
  bool empty() const { return requirements_.empty(); }
  const std::string& text() const { return text_; }
  const std::vector<Requirement>& requirements() const { return requirements_; }

  // A condition over the catalog's `label` table for the resource whose id the SQL expression `id` gives; "" when
  // empty.
  std::string to_sql(std::string_view id) const;

 private:
  class Parser;

  std::string text_;
  std::vector<Requirement> requirements_;
};

// A text as an SQL literal: 'it''s'.
std::string sql_quote(std::string_view text);

}  // namespace capstan
