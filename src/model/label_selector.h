// Kubernetes' label selectors: "env=dev,tier!=db,plan in (trial, demo),!frozen,owner".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/labels.h"

namespace capstan::decide {

// All requirements must hold. As in Kubernetes, "!=" and "notin" also match where the label is absent.
class LabelSelector {
 public:
  // "" selects everything.
  static Result<LabelSelector> parse(std::string_view text);

  bool matches(const Labels& labels) const;
  bool empty() const { return requirements_.empty(); }
  const std::string& text() const { return text_; }

  // A condition over the catalog's `label` table for the resource whose id the SQL expression `id` gives; "" when
  // empty.
  std::string to_sql(std::string_view id) const;

 private:
  enum class Operator { kIn, kNotIn, kExists, kAbsent };
  struct Requirement {
    std::string key;
    Operator op = Operator::kIn;
    std::vector<std::string> values;
  };
  class Parser;

  std::string text_;
  std::vector<Requirement> requirements_;
};

// A text as an SQL literal: 'it''s'.
std::string sql_quote(std::string_view text);

}  // namespace capstan::decide
