#include "decide/kind_question.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::decide {
namespace {

constexpr size_t kPage = 20'000;   // Rows of one answer.
constexpr int64_t kRare = 30'000;  // Resources; through a list of more, a walk over the whole table is as quick.

std::string quoted_list(const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) list += (list.empty() ? "" : ", ") + sql_quote(value);
  return list;
}

}  // namespace

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

KindQuestion::KindQuestion(const Policy& policy, const SqlSource& sql, Time now, const SelectOptions& options)
    : policy_(policy), sql_(sql), now_(now), options_(options), id_(policy.select.kind + ".id") {}

Result<std::vector<Candidate>> KindQuestion::ask() {
  const std::string selected = fmt::format("SELECT {} FROM {}", columns(), policy_.select.kind);
  const std::string text = fmt::format("{} WHERE {} ORDER BY {}", selected, TRY(conditions()), id_);
  std::vector<Candidate> candidates;
  for (;;) {
    const Table page = TRY(query(text, candidates.empty() ? "" : candidates.back().resource.id));
    for (const auto& row : page.rows) candidates.push_back(read(row));
    if (candidates.size() > options_.limit) return fail(too_many(policy_, options_.limit));
    if (!page.truncated) return candidates;
  }
}

std::string KindQuestion::columns() {
  const Selection& select = policy_.select;
  std::string columns = fmt::format("{}, {}.name", id_, select.kind);
  const auto ask = [&](const std::string& expression) { columns += fmt::format(", ({})", expression); };
  ask(select.where.empty() || !options_.left_out ? "1" : select.where);
  ask(select.labels.empty() || !options_.left_out ? "1" : select.labels.to_sql(id_));
  for (const Selection& never : policy_.never) {
    const bool is_asked_here = never.sql.empty() && (never.kind.empty() || never.kind == select.kind);
    std::string forbidden = is_asked_here ? "1" : "0";
    if (is_asked_here && !never.where.empty()) forbidden += fmt::format(" AND ({})", never.where);
    if (is_asked_here && !never.labels.empty()) forbidden += " AND " + never.labels.to_sql(id_);
    ask(forbidden);
  }
  if (!policy_.ensure) return columns;
  if (policy_.ensure->has_own_schedules()) {
    for (const std::string* own : {&policy_.ensure->hours, &policy_.ensure->holidays}) ask(own->empty() ? "''" : *own);
  }
  fields_ = state_columns();
  for (const std::string& field : fields_) ask(field);
  for (const std::vector<Kept>* list : {&policy_.ensure->kept, &policy_.ensure->kept_outside}) {
    for (const Kept& kept : *list) ask(kept.so);
  }
  return columns;
}

// Not those that the kind does not have, of which nothing is known.
std::vector<std::string> KindQuestion::state_columns() const {
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

Result<std::string> KindQuestion::conditions() const {
  const Selection& select = policy_.select;
  std::string few;
  if (options_.only)
    few = "SELECT value FROM json_each(:only)";
  else if (!options_.left_out)
    few = TRY(rare_label());
  // The plus sign keeps SQLite from walking the table in the order of the pages where it can go through a short list.
  std::string text = fmt::format("{}{} > :after", few.empty() ? "" : "+", id_);
  if (!few.empty()) text += fmt::format(" AND {} IN ({})", id_, few);
  if (options_.left_out) return text;
  if (!select.where.empty()) text += fmt::format(" AND ({})", select.where);
  if (!select.labels.empty()) text += " AND " + select.labels.to_sql(id_);
  return text;
}

Result<std::string> KindQuestion::rare_label() const {
  std::string rarest;
  int64_t fewest = kRare;
  for (const LabelSelector::Requirement& requirement : policy_.select.labels.requirements()) {
    if (requirement.op != LabelSelector::Operator::kIn) continue;
    const std::string list = fmt::format("SELECT resource FROM label WHERE name = {} AND value IN ({})",
                                         sql_quote(requirement.key), quoted_list(requirement.values));
    const Table counted = TRY(sql_.query(fmt::format("SELECT count(*) FROM ({} LIMIT {})", list, fewest), now_, {}));
    const auto* count = std::get_if<int64_t>(&counted.rows.at(0).at(0));
    if (count == nullptr || *count >= fewest) continue;
    fewest = *count;
    rarest = list;
  }
  return rarest;
}

Result<Table> KindQuestion::query(const std::string& text, std::string_view after) const {
  SqlSource::Options asked{
      .time_limit = options_.time_limit, .row_limit = kPage, .bind = {{":after", std::string(after)}}};
  if (options_.only)
    asked.bind.emplace_back(":only", Json(Json::Array(options_.only->begin(), options_.only->end())).dump());
  return during(fmt::format("the selection of policy '{}'", policy_.name), sql_.query(text, now_, asked));
}

// A row of `columns`.
Candidate KindQuestion::read(const std::vector<SqlValue>& row) const {
  const Selection& select = policy_.select;
  auto value = row.begin();
  Candidate candidate;
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
  if (!policy_.ensure) return candidate;
  if (policy_.ensure->has_own_schedules()) {
    const std::string hours = to_text(*value++);
    candidate.hours = own_schedule(hours, to_text(*value++));
  }
  for (const std::string& field : fields_) resource.fields.set(field, to_text(*value++));
  for (; value != row.end(); ++value) {
    const bool is_known = !std::holds_alternative<std::monostate>(*value);
    candidate.so.push_back(is_known ? std::optional(is_true(*value)) : std::nullopt);
  }
  return candidate;
}

}  // namespace capstan::decide
