// Kubernetes' label selectors as conditions of SQL over the catalog's `label` table.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace capstan::detect {

// "env=dev,tier!=db,plan in (trial, demo),!frozen,owner" for the resource whose id the SQL expression `id` gives. As in
// Kubernetes, "!=" and "notin" also hold where the label is absent. "" for an empty selector.
Result<std::string> label_condition(std::string_view selector, std::string_view id);

// A text as an SQL literal: 'it''s'.
std::string sql_text(std::string_view text);

}  // namespace capstan::detect
