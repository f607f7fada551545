#include "catalog/derived_relations.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::catalog {
namespace {

constexpr size_t kMostRelations = 200'000;  // Of one declaration.
constexpr Duration kTimeLimit{5'000};

Error in_spec(const RelationSpec& spec, Error error) {
  error.message = fmt::format("the relation '{}': {}", spec.kind, error.message);
  if (error.where.line > 0 && error.where.file.empty()) {
    error.message += fmt::format(" (line {}, column {} of its sql)", error.where.line, error.where.column);
  }
  error.where = spec.where;
  return error;
}

Result<std::pair<size_t, size_t>> ends_of(const RelationSpec& spec, const Table& table) {
  const auto source = std::ranges::find(table.columns, "source");
  const auto target = std::ranges::find(table.columns, "target");
  if (source == table.columns.end() || target == table.columns.end()) {
    return fail(
        in_spec(spec, {ErrorCode::kInvalidArgument, "its sql must give the columns 'source' and 'target'", {}}));
  }
  return std::pair(static_cast<size_t>(source - table.columns.begin()),
                   static_cast<size_t>(target - table.columns.begin()));
}

Result<Observation> derive_one(const RelationSpec& spec, const SqlSource& sql, const std::vector<KindSpec>& kinds,
                               Time at) {
  Result<Table> table = sql.query(spec.sql, at, {.time_limit = kTimeLimit, .row_limit = kMostRelations, .bind = {}});
  if (!table) return fail(in_spec(spec, std::move(table).error()));
  if (table->truncated) {
    // Half an answer would take away the other half.
    return fail(in_spec(spec, {ErrorCode::kResourceExhausted, fmt::format("more than {} rows", kMostRelations), {}}));
  }
  const auto [source, target] = TRY(ends_of(spec, *table));
  Observation observation{
      .scope = spec.scope, .at = at, .resources = {}, .relations = {}, .complete_kinds = {}, .departures = {}};
  for (const KindSpec& kind : kinds) observation.complete_kinds.push_back(kind.name);
  for (const std::vector<SqlValue>& row : table->rows) {
    Relation relation{
        .source = to_text(row[source]), .kind = spec.kind, .target = to_text(row[target]), .origin = Origin::kDerived};
    if (!relation.source.empty() && !relation.target.empty()) observation.relations.push_back(std::move(relation));
  }
  return observation;
}

}  // namespace

DerivedRelations derive(std::span<const RelationSpec> specs, const SqlSource& sql, const std::vector<KindSpec>& kinds,
                        Time at) {
  DerivedRelations derived;
  for (const RelationSpec& spec : specs) {
    if (spec.sql.empty()) continue;
    Result<Observation> observation = derive_one(spec, sql, kinds, at);
    if (observation) {
      derived.observations.push_back(*std::move(observation));
    } else {
      derived.problems.push_back(std::move(observation).error());
    }
  }
  return derived;
}

}  // namespace capstan::catalog
