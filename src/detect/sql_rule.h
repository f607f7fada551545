// Rules in SQL: what the query gives is wrong, one finding a row.
//
//   rule: service-selects-nothing
//   severity: high
//   find: |
//     SELECT s.id, s.name FROM k8s_service s WHERE …
//   says: "{{name}} selects no pod"
//   remedy: "…"
//   every: 30s
//   for: 1m
//
// Where no relations matter, `select: { kind: k8s_pod, labels: "app=web", where: "restarts > 5" }` stands for `find`.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "base/time.h"
#include "model/finding.h"
#include "model/table.h"

namespace capstan::detect {

struct SqlRule {
  std::string name;
  Severity severity = Severity::kMedium;
  std::string sql;   // Gives a column `id`: the resource the finding is about.
  std::string says;  // {{column}} stands for the row's value.
  std::string remedy;
  Duration every{30'000};
  Duration hold{0};  // How long a row must come before it is a finding.
  std::string causes_by;
  std::vector<std::string> verbs;
  Where where;

  bool operator==(const SqlRule&) const = default;
};

struct SqlRuleFile {
  std::vector<SqlRule> rules;
  std::vector<Error> problems;  // A file with a problem is not to be used.
};

// One YAML document a rule, or a list of rules. The SQL is checked by `sql`.
SqlRuleFile read_sql_rules(std::string_view text, std::string_view file, const SqlSource& sql);

// Rows that come, by finding id, and since when they do.
using SqlRuleState = std::map<std::string, Time>;

// Brings `state` to what the query gives now and yields the findings that hold. An error leaves `state` as it was; a
// placeholder without a column becomes "<no column 'x'>", never the loss of a finding.
Result<std::vector<Finding>> evaluate_sql_rule(const SqlRule& rule, const SqlSource& sql, Time at, SqlRuleState& state);

// "{{name}} is full" with the values of a row.
std::string fill_placeholders(std::string_view text, const std::vector<std::string>& columns,
                              const std::vector<SqlValue>& row);

}  // namespace capstan::detect
