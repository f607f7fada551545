#include "decide/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "decide/kind_question.h"
#include "decide/trigger.h"

namespace capstan::decide {
namespace {

// Asks the catalog on behalf of one policy.
class Selector {
 public:
  Selector(const Policy& policy, const SqlSource& sql, const ResourceSource& resources, Time now,
           const SelectOptions& options)
      : policy_(policy), sql_(sql), resources_(resources), now_(now), options_(options) {}

  Result<std::vector<Candidate>> of_kind() {
    candidates_ = TRY(KindQuestion(policy_, sql_, now_, options_).ask());
    return finish();
  }

  Result<std::vector<Candidate>> of_query() {
    const Table table = TRY(query(policy_.select.sql));
    std::set<std::string> ids;
    for (const auto& row : table.rows) {
      if (!row.empty()) ids.insert(to_text(row.front()));
    }
    for (const std::string& id : ids) TRY(add(id));
    return finish();
  }

  Result<std::vector<Candidate>> of_trigger(const std::vector<ResourceId>& ids) {
    for (const ResourceId& id : ids) TRY(add(id));
    return finish();
  }

 private:
  Result<Table> query(const std::string& text) const {
    SqlSource::Options options;
    options.row_limit = options_.limit;
    options.time_limit = std::min(options.time_limit, options_.time_limit);
    Table table =
        TRY(during(fmt::format("the selection of policy '{}'", policy_.name), sql_.query(text, now_, options)));
    if (table.truncated) return fail(too_many(policy_, options_.limit));
    return table;
  }

  Status add(const ResourceId& id) {
    std::optional<Resource> resource = TRY(resources_.find(id));
    if (!resource) return {};  // Gone since the query's snapshot.
    candidates_.push_back({.resource = std::move(*resource), .selected = true, .why_not = "", .never = ""});
    return {};
  }

  // The candidates come sorted by id from each of the ways above.
  Result<std::vector<Candidate>> finish() {
    for (const Selection& never : policy_.never) {
      if (!policy_.select.kind.empty() && never.sql.empty()) continue;  // Asked with the rest.
      TRY(forbid(never));
    }
    return std::move(candidates_);
  }

  Status forbid(const Selection& never) {
    std::set<std::string, std::less<>> matching;
    const bool asks = !never.where.empty() || !never.sql.empty();
    if (asks) {
      const Table table = TRY(
          query(never.sql.empty() ? fmt::format("SELECT id FROM {} WHERE ({})", never.kind, never.where) : never.sql));
      for (const auto& row : table.rows) {
        if (!row.empty()) matching.insert(to_text(row.front()));
      }
    }
    for (Candidate& candidate : candidates_) {
      if (!never.kind.empty() && candidate.resource.kind != never.kind) continue;
      if (asks && !matching.contains(candidate.resource.id)) continue;
      if (never.labels.matches(candidate.resource.labels)) candidate.never = "never: " + describe(never);
    }
    return {};
  }

  const Policy& policy_;
  const SqlSource& sql_;
  const ResourceSource& resources_;
  Time now_;
  const SelectOptions& options_;
  std::vector<Candidate> candidates_;
};

void conjoin(std::string& sql, const std::string& condition) {
  if (!condition.empty()) sql += (sql.empty() ? "(" : " AND (") + condition + ")";
}

}  // namespace

Error too_many(const Policy& policy, size_t limit) {
  return {ErrorCode::kResourceExhausted,
          fmt::format("the policy '{}' looks at more than {} resources; narrow its selection", policy.name, limit),
          policy.select.at};
}

std::vector<ResourceId> triggered_resources(const Trigger& trigger, const std::vector<catalog::KnownFinding>& findings,
                                            const std::vector<catalog::KnownIncident>& incidents) {
  std::set<ResourceId> ids;
  for (const Occurrence& occurrence : occurrences(trigger, findings, incidents)) {
    ids.insert(occurrence.resources.begin(), occurrence.resources.end());
  }
  return {ids.begin(), ids.end()};
}

Result<std::vector<Candidate>> select_candidates(const Policy& policy, const SqlSource& sql,
                                                 const ResourceSource& resources,
                                                 const std::vector<catalog::KnownFinding>& findings,
                                                 const std::vector<catalog::KnownIncident>& incidents, Time now,
                                                 const SelectOptions& options) {
  Selector selector(policy, sql, resources, now, options);
  if (!policy.select.sql.empty()) return selector.of_query();
  if (!policy.select.kind.empty()) return selector.of_kind();
  return selector.of_trigger(policy.when ? triggered_resources(*policy.when, findings, incidents)
                                         : std::vector<ResourceId>());
}

std::string precondition(const Policy& policy, std::string_view kind) {
  const std::string id = fmt::format("{}.id", kind);
  std::string sql;
  conjoin(sql, policy.select.where);
  conjoin(sql, policy.select.labels.to_sql(id));
  if (!policy.select.sql.empty()) conjoin(sql, fmt::format("{} IN ({})", id, policy.select.sql));
  if (const std::string never = never_condition(policy, kind); !never.empty())
    sql += (sql.empty() ? "" : " AND ") + never;
  return sql;
}

std::string belongs_condition(const ResourceId& id, const ResourceId& owner) {
  return fmt::format(
      "EXISTS (WITH RECURSIVE up(id) AS (VALUES({}) UNION SELECT target FROM relation JOIN up "
      "ON source = up.id AND kind = 'belongs_to') SELECT 1 FROM up WHERE id = {})",
      sql_quote(id), sql_quote(owner));
}

std::string never_condition(const Policy& policy, std::string_view kind) {
  const std::string id = fmt::format("{}.id", kind);
  std::string sql;
  for (const Selection& never : policy.never) {
    if (!never.kind.empty() && never.kind != kind) continue;
    std::string forbidden;
    conjoin(forbidden, never.where);
    conjoin(forbidden, never.labels.to_sql(id));
    if (!never.sql.empty()) conjoin(forbidden, fmt::format("{} IN ({})", id, never.sql));
    // A bare kind forbids all of it; a condition that is NULL does not hold.
    conjoin(sql, forbidden.empty() ? "0" : fmt::format("NOT coalesce({}, 0)", forbidden));
  }
  return sql;
}

}  // namespace capstan::decide
