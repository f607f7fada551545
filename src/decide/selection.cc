#include "decide/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "decide/trigger.h"

namespace capstan::decide {
namespace {

bool is_true(const SqlValue& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return *integer != 0;
  if (const auto* real = std::get_if<double>(&value)) return *real != 0;
  return false;
}

std::string text_or_nothing(const SqlValue& value) {
  return std::holds_alternative<std::monostate>(value) ? "" : to_text(value);
}

std::string describe(const Selection& selection) {
  std::string text;
  if (!selection.labels.empty()) text = "labels " + selection.labels.text();
  if (!selection.where.empty()) text += (text.empty() ? "" : " and ") + ("where " + selection.where);
  return text.empty() ? "kind " + selection.kind : text;
}

// Asks the catalog on behalf of one policy.
class Selector {
 public:
  Selector(const Policy& policy, const SqlSource& sql, const ResourceSource& resources, Time now,
           const SelectOptions& options)
      : policy_(policy), sql_(sql), resources_(resources), now_(now), limit_(options.limit) {}

  Result<std::vector<Candidate>> of_kind() {
    const Selection& select = policy_.select;
    // One pass over the kind's table answers the conditions for all of it.
    std::string columns = fmt::format("id, ({})", select.where.empty() ? "1" : select.where);
    const bool has_own = policy_.ensure && policy_.ensure->has_own_schedules();
    const auto or_nothing = [](const std::string& sql) { return sql.empty() ? "NULL" : sql; };
    if (has_own)
      columns += fmt::format(", ({}), ({})", or_nothing(policy_.ensure->hours), or_nothing(policy_.ensure->holidays));
    if (policy_.ensure) {
      for (const std::vector<Kept>* list : {&policy_.ensure->kept, &policy_.ensure->kept_outside}) {
        for (const Kept& kept : *list) columns += fmt::format(", ({})", kept.so);
      }
    }
    const Table table = TRY(query(fmt::format("SELECT {} FROM {}", columns, select.kind)));
    for (const auto& row : table.rows) {
      if (row.size() < 2) continue;
      const size_t before = candidates_.size();
      TRY(add(to_text(row[0]), is_true(row[1]), "where " + select.where));
      if (candidates_.size() == before) continue;
      Candidate& added = candidates_.back();
      if (has_own) added.hours = own_schedule(text_or_nothing(row[2]), text_or_nothing(row[3]));
      for (size_t i = has_own ? 4 : 2; i < row.size(); ++i)
        added.so.push_back(std::holds_alternative<std::monostate>(row[i]) ? std::nullopt
                                                                          : std::optional(is_true(row[i])));
    }
    for (Candidate& candidate : candidates_) {
      if (!candidate.selected || select.labels.matches(candidate.resource.labels)) continue;
      candidate.selected = false;
      candidate.why_not = "labels " + select.labels.text();
    }
    return finish();
  }

  Result<std::vector<Candidate>> of_query() {
    const Table table = TRY(query(policy_.select.sql));
    std::set<std::string> ids;
    for (const auto& row : table.rows) {
      if (!row.empty()) ids.insert(to_text(row.front()));
    }
    for (const std::string& id : ids) TRY(add(id, true, ""));
    return finish();
  }

  Result<std::vector<Candidate>> of_trigger(const std::vector<ResourceId>& ids) {
    for (const ResourceId& id : ids) TRY(add(id, true, ""));
    return finish();
  }

 private:
  Result<Table> query(const std::string& text) const {
    SqlSource::Options options;
    options.row_limit = limit_;
    Table table =
        TRY(during(fmt::format("the selection of policy '{}'", policy_.name), sql_.query(text, now_, options)));
    if (table.truncated) {
      return fail(
          ErrorCode::kResourceExhausted,
          fmt::format("the policy '{}' looks at more than {} resources; narrow its selection", policy_.name, limit_),
          policy_.select.at);
    }
    return table;
  }

  Status add(const std::string& id, bool selected, std::string why_not) {
    std::optional<Resource> resource = TRY(resources_.find(id));
    if (!resource) return {};  // Gone since the query's snapshot.
    candidates_.push_back({std::move(*resource), selected, selected ? "" : std::move(why_not), ""});
    return {};
  }

  Result<std::vector<Candidate>> finish() {
    for (const Selection& never : policy_.never) TRY(forbid(never));
    std::ranges::sort(candidates_, {}, [](const Candidate& each) -> const std::string& { return each.resource.id; });
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
  size_t limit_;
  std::vector<Candidate> candidates_;
};

void conjoin(std::string& sql, const std::string& condition) {
  if (!condition.empty()) sql += (sql.empty() ? "(" : " AND (") + condition + ")";
}

}  // namespace

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
