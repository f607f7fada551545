#include "catalog/derived_relations.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/config.h"
#include "base/file.h"

namespace capstan::catalog {
namespace {

constexpr size_t kMostRelations = 200'000;  // Of one declaration.
constexpr Duration kTimeLimit{5'000};

Result<RelationSpec> read_relation(const ConfigNode& document, std::string_view pack) {
  if (!document.is_map()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}; expected a map that begins with 'relation:'", document.describe()), document.where);
  }
  MapReader reader(document, "a relation");
  RelationSpec spec;
  spec.kind = reader.required_string("relation");
  spec.sql = reader.required_string("sql");
  spec.where = document.where;
  (void)reader.string_or("help", "");
  const bool plain = !spec.kind.empty() && spec.kind.size() <= 60 && std::ranges::all_of(spec.kind, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (!plain && reader.has("relation")) {
    reader.problem(reader.at("relation"),
                   fmt::format("the relation '{}' must be lower-case letters, digits and _, at most 60", spec.kind));
  }
  if (const ConfigNode* sql = reader.node("sql")) spec.where = sql->where;
  TRY(reader.finish());
  spec.scope = fmt::format("derived:{}/{}", pack, spec.kind);
  return spec;
}

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

LoadedRelations read_relations(std::string_view text, std::string_view file, std::string_view pack) {
  LoadedRelations loaded;
  const Result<std::vector<ConfigNode>> documents = parse_yaml(text, file);
  if (!documents) {
    loaded.problems.push_back(documents.error());
    return loaded;
  }
  std::map<std::string, int> of_kind;
  for (const ConfigNode& document : *documents) {
    if (document.is_null()) continue;
    Result<RelationSpec> spec = read_relation(document, pack);
    if (!spec) {
      loaded.problems.push_back(std::move(spec).error());
      continue;
    }
    // Several declarations may give one kind of relation.
    if (const int count = ++of_kind[spec->kind]; count > 1) spec->scope += fmt::format("#{}", count);
    loaded.relations.push_back(*std::move(spec));
  }
  return loaded;
}

LoadedRelations load_relations(std::span<const std::filesystem::path> pack_directories) {
  LoadedRelations all;
  for (const std::filesystem::path& directory : pack_directories) {
    std::error_code none;
    std::vector<std::filesystem::path> packs;
    for (const auto& pack : std::filesystem::directory_iterator(directory, none)) {
      if (std::filesystem::is_regular_file(pack.path() / "relations.yaml", none)) packs.push_back(pack.path());
    }
    std::ranges::sort(packs);
    for (const std::filesystem::path& pack : packs) {
      const std::filesystem::path file = pack / "relations.yaml";
      const Result<std::string> text = read_file(file);
      if (!text) {
        all.problems.push_back(text.error());
        continue;
      }
      LoadedRelations some = read_relations(*text, file.string(), pack.filename().string());
      std::ranges::move(some.relations, std::back_inserter(all.relations));
      std::ranges::move(some.problems, std::back_inserter(all.problems));
    }
  }
  return all;
}

DerivedRelations derive(std::span<const RelationSpec> specs, const SqlSource& sql, const std::vector<KindSpec>& kinds,
                        Time at) {
  DerivedRelations derived;
  for (const RelationSpec& spec : specs) {
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
