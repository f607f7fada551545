#include "decide/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "decide/trigger.h"

namespace capstan::decide {
namespace {

constexpr size_t kPage = 20'000;  // Rows of one question, so that its answer stays small.
constexpr Duration kTimeLimit{10'000};

bool is_true(const SqlValue& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return *integer != 0;
  if (const auto* real = std::get_if<double>(&value)) return *real != 0;
  return false;
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

  // One pass over the kind's table answers everything that the policy asks of a resource; nothing else is read of it.
  Result<std::vector<Candidate>> of_kind() {
    const std::string sql = fmt::format("SELECT {} FROM {} WHERE {}.id > :after ORDER BY {}.id", columns_of_kind(),
                                        policy_.select.kind, policy_.select.kind, policy_.select.kind);
    for (ResourceId after;;) {
      const Table page = TRY(query(sql, after));
      for (const auto& row : page.rows) add_row(row);
      if (candidates_.size() > limit_) return fail(too_many());
      if (!page.truncated) return finish();
      after = candidates_.back().resource.id;
    }
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
  std::string columns_of_kind() {
    const Selection& select = policy_.select;
    const std::string id = select.kind + ".id";
    std::string columns = fmt::format("{}, {}.name", id, select.kind);
    const auto ask = [&](const std::string& expression) { columns += fmt::format(", ({})", expression); };
    ask(select.where.empty() ? "1" : select.where);
    ask(select.labels.empty() ? "1" : select.labels.to_sql(id));
    for (const Selection& never : policy_.never) {
      const bool asks_here = never.sql.empty() && (never.kind.empty() || never.kind == select.kind);
      std::string forbidden = asks_here ? "1" : "0";
      if (asks_here && !never.where.empty()) forbidden += fmt::format(" AND ({})", never.where);
      if (asks_here && !never.labels.empty()) forbidden += fmt::format(" AND {}", never.labels.to_sql(id));
      ask(forbidden);
    }
    if (!policy_.ensure) return columns;
    if (!policy_.ensure->hours.empty()) ask(policy_.ensure->hours);
    fields_ = state_columns();
    for (const std::string& field : fields_) ask(field);
    for (const std::vector<Kept>* list : {&policy_.ensure->kept, &policy_.ensure->kept_outside}) {
      for (const Kept& kept : *list) ask(kept.so);
    }
    return columns;
  }

  // The columns that show the state; not those that the kind does not have, of which nothing is known.
  std::vector<std::string> state_columns() const {
    const Ensure& ensure = *policy_.ensure;
    std::vector<std::string> columns;
    if (ensure.is_list()) return columns;
    columns.push_back(ensure.inside.column);
    if (ensure.outside && ensure.outside->column != ensure.inside.column) columns.push_back(ensure.outside->column);
    std::erase_if(columns, [&](const std::string& column) {
      return !sql_.check(fmt::format("SELECT {} FROM {}", column, policy_.select.kind));
    });
    return columns;
  }

  // A row of `columns_of_kind`.
  void add_row(const std::vector<SqlValue>& row) {
    const Selection& select = policy_.select;
    auto value = row.begin();
    Candidate& candidate = candidates_.emplace_back();
    Resource& resource = candidate.resource;
    resource.id = to_text(*value++);
    resource.kind = select.kind;
    resource.name = to_text(*value++);
    const bool fits = is_true(*value++);
    const bool is_labelled = is_true(*value++);
    candidate.selected = fits && is_labelled;
    if (!is_labelled) candidate.why_not = "labels " + select.labels.text();
    if (!fits) candidate.why_not = "where " + select.where;
    for (const Selection& never : policy_.never) {
      if (is_true(*value++)) candidate.never = "never: " + describe(never);
    }
    if (!policy_.ensure) return;
    if (!policy_.ensure->hours.empty()) candidate.hours = to_text(*value++);
    for (const std::string& field : fields_) resource.fields.set(field, to_text(*value++));
    for (; value != row.end(); ++value) {
      const bool is_known = !std::holds_alternative<std::monostate>(*value);
      candidate.so.push_back(is_known ? std::optional(is_true(*value)) : std::nullopt);
    }
  }

  Result<Table> query(const std::string& text, const std::optional<ResourceId>& after = {}) const {
    SqlSource::Options options{.time_limit = kTimeLimit, .row_limit = after ? kPage : limit_, .bind = {}};
    if (after) options.bind.emplace_back(":after", *after);
    Table table =
        TRY(during(fmt::format("the selection of policy '{}'", policy_.name), sql_.query(text, now_, options)));
    if (table.truncated && !after) return fail(too_many());
    return table;
  }

  Error too_many() const {
    return {ErrorCode::kResourceExhausted,
            fmt::format("the policy '{}' looks at more than {} resources; narrow its selection", policy_.name, limit_),
            policy_.select.at};
  }

  Status add(const std::string& id, bool selected, std::string why_not) {
    std::optional<Resource> resource = TRY(resources_.find(id));
    if (!resource) return {};  // Gone since the query's snapshot.
    candidates_.push_back({std::move(*resource), selected, selected ? "" : std::move(why_not), ""});
    return {};
  }

  Result<std::vector<Candidate>> finish() {
    for (const Selection& never : policy_.never) {
      if (!policy_.select.kind.empty() && never.sql.empty()) continue;  // Asked with the rest.
      TRY(forbid(never));
    }
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
  std::vector<std::string> fields_;  // The state's columns.
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
