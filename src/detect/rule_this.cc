#include "detect/rule_this.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/trim.h"
namespace capstan::detect {
namespace {

// The columns that all of the kinds have.
std::string columns_of_this(const SqlRule& rule, std::span<const KindSpec> kinds) {
  if (rule.on.size() == 1) return "this.*";
  std::string columns = "this.id, this.name";
  const auto kind_named = [&](const std::string& name) { return std::ranges::find(kinds, name, &KindSpec::name); };
  for (const KindSpec::Column& column : kind_named(rule.on[0])->columns) {
    const bool common = std::ranges::all_of(rule.on, [&](const std::string& name) {
      return std::ranges::find(kind_named(name)->columns, column.name, &KindSpec::Column::name) !=
             kind_named(name)->columns.end();
    });
    if (common) columns += ", this." + column.name;
  }
  return columns;
}

// All resources of the kinds (no table), or those that a table has the ids of. Of a large one each kind takes its own
// part, of a small one that would cost more than it saves.
struct Among {
  std::string_view table;
  bool is_large = false;
};

std::string rows_of_this(const SqlRule& rule, std::string_view columns, const Among& among,
                         std::string_view condition) {
  std::string all;
  for (const std::string& kind : rule.on) {
    all += fmt::format("{}SELECT {} FROM ", all.empty() ? "" : " UNION ALL ", columns);
    all += fmt::format("{} this WHERE ", kind);
    // A join with the table would keep SQLite from looking into `this`, and with that from beginning with it.
    if (among.table.empty()) {
      all += "1";
    } else if (among.is_large) {
      all += fmt::format("this.id IN (SELECT id FROM {0} WHERE id > '{1}/' AND id < '{1}0')", among.table, kind);
    } else {
      all += fmt::format("this.id IN (SELECT id FROM {})", among.table);
    }
    if (!condition.empty()) all += fmt::format(" AND ({}\n)", condition);
  }
  return all;
}

std::string about_this(const SqlRule& rule, std::span<const KindSpec> kinds, const Among& among,
                       std::string_view condition) {
  const std::string rows = rows_of_this(rule, columns_of_this(rule, kinds), among, condition);
  // A question with tables of its own goes on where `this` ends.
  const std::string_view question = trim(rule.question);
  if (question.starts_with("WITH ")) return fmt::format("WITH this AS ({}), {}", rows, question.substr(5));
  return fmt::format("WITH this AS ({}) {}", rows, rule.question);
}

}  // namespace

std::string with_this(const SqlRule& rule, std::span<const KindSpec> kinds) {
  return about_this(rule, kinds, {}, rule.only);
}
std::string with_this_among(const SqlRule& rule, std::span<const KindSpec> kinds, std::string_view table) {
  return about_this(rule, kinds, {.table = table}, rule.only);
}
std::string with_this_known(const SqlRule& rule, std::span<const KindSpec> kinds, std::string_view table) {
  return about_this(rule, kinds, {.table = table, .is_large = true}, "");
}
std::string members_sql(const SqlRule& rule) { return rows_of_this(rule, "this.id", {}, rule.only); }

}  // namespace capstan::detect
