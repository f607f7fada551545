// The SQL of a rule that is on resources: a question about `this`, with what `this` stands for.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "detect/sql_rule.h"
#include "model/resource.h"

namespace capstan::detect {

// Of all resources of the kinds and the shared condition; of those of them that a table has the ids of; or of that
// table's where the condition is known to hold for all of them.
std::string with_this(const SqlRule& rule, std::span<const KindSpec> kinds);
std::string with_this_among(const SqlRule& rule, std::span<const KindSpec> kinds, std::string_view table);
std::string with_this_known(const SqlRule& rule, std::span<const KindSpec> kinds, std::string_view table);
// The ids of all resources of the kinds for which the shared condition holds.
std::string members_sql(const SqlRule& rule);

}  // namespace capstan::detect
