// Rules in SQL: what the query gives is wrong, one finding a row.
//
//   rule: service-selects-nothing
//   severity: high
//   find: |
//     SELECT s.id, s.name FROM k8s_service s WHERE …
//   says: "{{name}} selects no pod"
//   remedy: "…"
//   says_ko: "{{name}}: 선택하는 파드 없음"      # The same for who reads Korean; remedy_ko, why_ko likewise.
//                                              # A column that is a sentence has another one beside it: why, why_ko.
//   every: 30s
//   for: 1m
//
// Where no relations matter, `select: { kind: k8s_pod, labels: "app=web", where: "restarts > 5" }` stands for `find`.
//
// A rule about configuration says what it is `on`: a kind, several, or a place that kinds have in common. Its SQL then
// speaks of `this`, and it can be asked of a few resources, also before a change is made (detect/picture_rules.h):
//
//   rule: KubeServiceSelectsNothing
//   on: k8s_service
//   where: selector IS NOT NULL AND NOT EXISTS (SELECT 1 FROM relation r WHERE r.source = this.id AND …)
//   reach: 1      # How many relation steps away a change can change the verdict: 0, 1, 2, namespace or cluster; or
//                 # { default: 0, k8s_limit_range: namespace }, by the kind of what changes.
//
// Where the values of single fields decide, `allows` stands for `find`: a JSON Schema (schema/schema.h) over the whole
// object, or over the place of it that `within` names. `where` may choose the objects. Its rows have the columns of
// `this`, and place, value, allowed, nearest; fault and advice say the same as sentences, fault_ko and
// advice_ko in Korean:
//
//   rule: TeamReplicas
//   on: k8s_deployment
//   allows: { properties: { spec: { properties: { replicas: { minimum: 2, maximum: 10 } } } } }
//   says: "{{name}}: {{fault}}"
//   remedy: "{{advice}}"
//
// What several rules of a file say of their `this` has a name, which then stands in their `on`:
//
//   subset: standing
//   of: pod
//   where: NOT EXISTS (SELECT 1 FROM relation o WHERE o.target = this.id AND o.kind = 'owns')
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "base/time.h"
#include "model/finding.h"
#include "model/table.h"

namespace capstan::detect {

// How far from a change the verdict of a rule can change.
enum class Reach { kSelf, kOneStep, kTwoSteps, kNamespace, kCluster };
std::string_view to_string(Reach reach);
std::optional<Reach> parse_reach(std::string_view text);

struct SqlRule {
  std::string name;
  std::string group;  // "service": for people to find it among others.
  std::string why;    // Why it matters.
  Severity severity = Severity::kMedium;
  std::string sql;   // Gives a column `id`: the resource the finding is about.
  std::string says;  // {{column}} stands for the row's value.
  std::string remedy;
  std::string says_ko = {};  // The same in Korean; "" where it is said as it stands.
  std::string remedy_ko = {};
  std::string why_ko = {};
  Duration every{30'000};
  Duration hold{0};  // How long a row must come before it is a finding.
  std::string causes_by;
  std::vector<std::string> verbs;
  std::string explains = {};         // Patterns of log lines that follow from it, a line each; % is anything.
  std::vector<std::string> on = {};  // Kinds; none: the rule is about no `this`.
  std::string only = {};             // A condition on `this` that other rules share; "" for none.
  std::string question = {};         // The SQL that speaks of `this`; `sql` is the same with all of `this` in it.
  Reach reach = Reach::kOneStep;
  std::map<std::string, Reach> reach_of = {};  // By the kind of what changes, where it is another.
  Json allows = {};         // A schema: `question` then only chooses whose objects must keep to it. Null: none.
  std::string within = {};  // The place of a kind (KindSpec::places) that `allows` is about; "" for the object.
  Where where;

  bool operator==(const SqlRule&) const = default;
};

struct SqlRuleFile {
  std::vector<SqlRule> rules;
  std::vector<Error> problems;  // A file with a problem is not to be used.
};

// One YAML document a rule, or a list of rules. The SQL is checked by `sql`; `kinds` are what rules can be `on`.
SqlRuleFile read_sql_rules(std::string_view text, std::string_view file, const SqlSource& sql,
                           std::span<const KindSpec> kinds = {});

// Rows that come, by finding id, and since when they do.
using SqlRuleState = std::map<std::string, Time>;

// Brings `state` to what the query gives now and yields the findings that hold. An error leaves `state` as it was; a
// placeholder without a column becomes "<no column 'x'>", never the loss of a finding.
Result<std::vector<Finding>> evaluate_sql_rule(const SqlRule& rule, const SqlSource& sql, Time at, SqlRuleState& state);

// The findings that rows stand for, each once, in an order of their own. Several rows about one resource are told apart
// by the column `key`; where there is none, by all that they say. kInvalidArgument without a column `id`.
Result<std::vector<Finding>> findings_of(const SqlRule& rule, Table table, std::string_view key = "");

// "{{name}} is full" with the values of a row.
std::string fill_placeholders(std::string_view text, const std::vector<std::string>& columns,
                              const std::vector<SqlValue>& row);

}  // namespace capstan::detect
