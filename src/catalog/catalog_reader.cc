#include "catalog/catalog_reader.h"

#include <fmt/format.h>

#include <deque>
#include <set>
#include <string>
#include <unordered_map>

#include "catalog/catalog_view.h"
#include "catalog/kind_table.h"
#include "catalog/known_world.h"

namespace capstan::catalog {
namespace {

constexpr std::string_view kResourceColumns = "r.id, r.name, r.labels, r.fields, r.kind, r.scope, r.since, r.seq";

Time time_of(std::string_view text) { return parse_time(text).value_or(Time()); }
std::optional<Time> time_or_none(const sqlite::Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return time_of(row.text(column));
}

// The row begins with kResourceColumns; the kind's own columns follow from column 8 on where `spec` is given.
KnownResource read_resource(const sqlite::Statement& row, const KindSpec* spec) {
  KnownResource known;
  known.resource.id = row.text(0);
  known.resource.name = row.text(1);
  known.resource.labels = resource_labels(Json::parse(row.text(2)).value_or(Json()));
  known.resource.kind = row.text(4);
  known.scope = row.text(5);
  known.since = time_of(row.text(6));
  known.seq = static_cast<Seq>(row.integer(7));
  if (spec == nullptr) {
    known.resource.fields = Json::parse(row.text(3)).value_or(Json::object());
    return known;
  }
  known.resource.fields = Json::object();
  int index = 8;
  for (const KindSpec::Column& column : spec->columns) {
    Json value = read_column(row, index++, column);
    if (!value.is_null()) known.resource.fields.set(column.name, std::move(value));
  }
  return known;
}

std::string select_resources(const KindSpec* spec, std::string_view where) {
  if (spec == nullptr) return fmt::format("SELECT {} FROM resource r WHERE {}", kResourceColumns, where);
  std::string columns(kResourceColumns);
  for (const KindSpec::Column& column : spec->columns) columns += ", t." + sql_name(column.name);
  return fmt::format("SELECT {} FROM resource r JOIN {} t ON t.id = r.id WHERE {}", columns, sql_name(spec->name),
                     where);
}

ResourceVersion read_version(const sqlite::Statement& row) {
  return {.resource = {.id = ResourceId(row.text(0)),
                       .kind = std::string(row.text(1)),
                       .name = std::string(row.text(2)),
                       .labels = resource_labels(Json::parse(row.text(4)).value_or(Json())),
                       .fields = Json::parse(row.text(3)).value_or(Json::object())},
          .from = time_of(row.text(5)),
          .to = time_or_none(row, 6),
          .seq = static_cast<Seq>(row.integer(7))};
}
// A resource goes to and fro between few states, so each text of a long history is parsed once, as far as room allows.
class ParsedTexts {
 public:
  const Json& of(std::string_view text) {
    if (const auto known = texts_.find(text); known != texts_.end()) return known->second;
    if (texts_.size() >= kMost) texts_.clear();
    return texts_.emplace(std::string(text), Json::parse(text).value_or(Json())).first->second;
  }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  static constexpr size_t kMost = 4'096;
  std::unordered_map<std::string, Json, Hash, std::equal_to<>> texts_;
};

constexpr std::string_view kVersionColumns = "id, kind, name, fields, labels, valid_from, valid_to, seq";

Result<std::vector<ResourceVersion>> read_versions(sqlite::Statement* rows) {
  std::vector<ResourceVersion> versions;
  while (TRY(rows->step())) versions.push_back(read_version(*rows));
  return versions;
}

Result<std::vector<KnownRelation>> read_relations(sqlite::Statement* row) {
  std::vector<KnownRelation> found;
  while (TRY(row->step())) {
    found.push_back({.relation = {.source = ResourceId(row->text(0)),
                                  .kind = std::string(row->text(1)),
                                  .target = ResourceId(row->text(2)),
                                  .origin = parse_origin(row->text(3)).value_or(Origin::kDeclared)},
                     .since = time_of(row->text(4))});
  }
  return found;
}

}  // namespace

CatalogReader::CatalogReader(std::unique_ptr<View> view) : view_(std::move(view)) {}
CatalogReader::CatalogReader(CatalogReader&&) noexcept = default;
CatalogReader& CatalogReader::operator=(CatalogReader&&) noexcept = default;
CatalogReader::~CatalogReader() = default;

Seq CatalogReader::seq() const { return view_->seq(); }
const std::vector<KindSpec>& CatalogReader::kinds() const { return view_->kinds(); }

Result<std::optional<KnownResource>> CatalogReader::resource(std::string_view id) const {
  sqlite::Statement* kind = TRY(view_->query("SELECT kind FROM resource WHERE id = ?", id));
  if (!TRY(kind->step())) return std::nullopt;
  const KindSpec* spec = view_->spec_of(kind->text(0));
  kind->reset();
  sqlite::Statement* row = TRY(view_->query(select_resources(spec, "r.id = ?"), id));
  if (!TRY(row->step())) return std::nullopt;
  KnownResource known = read_resource(*row, spec);
  if (spec != nullptr && spec->objects) known.object = Json::parse(row->text(3)).value_or(Json());
  row->reset();
  return known;
}

Status CatalogReader::each_resource(const std::function<void(Resource)>& take) const {
  sqlite::Statement* row = TRY(view_->query("SELECT id, kind, name, labels, fields FROM resource ORDER BY id"));
  while (TRY(row->step())) {
    take({.id = ResourceId(row->text(0)),
          .kind = std::string(row->text(1)),
          .name = std::string(row->text(2)),
          .labels = resource_labels(Json::parse(row->text(3)).value_or(Json())),
          .fields = Json::parse(row->text(4)).value_or(Json::object())});
  }
  return {};
}

Status CatalogReader::each_name(const std::function<void(Resource)>& take) const {
  sqlite::Statement* row = TRY(view_->query("SELECT id, kind, name FROM resource ORDER BY kind, id"));
  while (TRY(row->step())) {
    take({.id = ResourceId(row->text(0)),
          .kind = std::string(row->text(1)),
          .name = std::string(row->text(2)),
          .labels = {},
          .fields = {}});
  }
  return {};
}

Result<ResourceLabels> CatalogReader::labels_of(std::string_view id) const {
  sqlite::Statement* row = TRY(view_->query("SELECT name, value FROM label WHERE resource = ?", id));
  ResourceLabels labels;
  while (TRY(row->step())) labels.emplace(row->text(0), row->text(1));
  return labels;
}

Result<std::vector<KnownResource>> CatalogReader::resources(std::string_view kind, size_t limit) const {
  const KindSpec* spec = view_->spec_of(kind);
  sqlite::Statement* row =
      TRY(view_->query(select_resources(spec, "r.kind = ? ORDER BY r.id LIMIT ?"), kind, uint64_t{limit}));
  std::vector<KnownResource> found;
  while (TRY(row->step())) found.push_back(read_resource(*row, spec));
  return found;
}

Result<std::vector<KnownResource>> CatalogReader::search(std::string_view text, size_t limit) const {
  sqlite::Statement* row = TRY(view_->query(
      "SELECT id FROM resource WHERE instr(lower(name), lower(?1)) OR instr(lower(id), lower(?1)) ORDER BY id LIMIT ?2",
      text, uint64_t{limit}));
  std::vector<ResourceId> ids;
  while (TRY(row->step())) ids.emplace_back(row->text(0));
  std::vector<KnownResource> found;
  for (const ResourceId& id : ids) {
    if (auto known = TRY(resource(id))) found.push_back(*std::move(known));
  }
  return found;
}

Result<std::map<std::string, uint64_t>> CatalogReader::counts() const {
  sqlite::Statement* row = TRY(view_->query("SELECT kind, count(*) FROM resource GROUP BY kind"));
  std::map<std::string, uint64_t> counts;
  while (TRY(row->step())) counts.emplace(row->text(0), static_cast<uint64_t>(row->integer(1)));
  return counts;
}

Result<std::vector<KnownRelation>> CatalogReader::relations_of(std::string_view id) const {
  return read_relations(
      TRY(view_->query("SELECT source, kind, target, origin, since FROM relation WHERE source = ?1 UNION "
                       "SELECT source, kind, target, origin, since FROM relation WHERE target = ?1 ORDER BY 1, 2, 3",
                       id)));
}

Result<std::vector<KnownRelation>> CatalogReader::relations_at(std::string_view id, Time time) const {
  constexpr std::string_view kThen =
      "SELECT source, kind, target, origin, valid_from FROM relation_history WHERE {} = ?1 AND valid_from <= ?2 AND "
      "(valid_to IS NULL OR valid_to > ?2)";
  return read_relations(TRY(view_->query(
      fmt::format("{} UNION {} ORDER BY 1, 2, 3", fmt::format(kThen, "source"), fmt::format(kThen, "target")), id,
      format_time(time))));
}

Result<std::optional<ResourceVersion>> CatalogReader::version(std::string_view id, Seq seq) const {
  std::vector<ResourceVersion> found = TRY(read_versions(TRY(view_->query(
      fmt::format("SELECT {} FROM resource_history WHERE id = ? AND seq = ?", kVersionColumns), id, seq))));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

Result<std::vector<Relation>> CatalogReader::neighbours(std::string_view id, int depth, size_t limit) const {
  std::vector<Relation> found;
  std::set<Relation> seen;
  std::set<ResourceId> visited = {ResourceId(id)};
  std::deque<std::pair<ResourceId, int>> waiting = {{ResourceId(id), 0}};
  while (!waiting.empty() && found.size() < limit) {
    const auto [here, steps] = std::move(waiting.front());
    waiting.pop_front();
    if (steps >= depth) continue;
    for (KnownRelation& known : TRY(relations_of(here))) {
      if (found.size() >= limit) break;
      if (!seen.insert(known.relation).second) continue;
      const ResourceId& other = known.relation.source == here ? known.relation.target : known.relation.source;
      if (visited.insert(other).second) waiting.emplace_back(other, steps + 1);
      found.push_back(std::move(known.relation));
    }
  }
  return found;
}

Result<std::vector<Relation>> CatalogReader::relations_but_of(std::string_view scope, size_t limit) const {
  sqlite::Statement* row = TRY(view_->query(
      "SELECT source, kind, target, origin FROM relation WHERE scope <> ? ORDER BY source, kind, target LIMIT ?", scope,
      uint64_t{limit}));
  std::vector<Relation> found;
  while (TRY(row->step())) {
    found.push_back({.source = ResourceId(row->text(0)),
                     .kind = std::string(row->text(1)),
                     .target = ResourceId(row->text(2)),
                     .origin = parse_origin(row->text(3)).value_or(Origin::kDeclared)});
  }
  return found;
}

Result<std::optional<Resource>> CatalogReader::resource_at(std::string_view id, Time time) const {
  sqlite::Statement* row = TRY(view_->query(
      fmt::format("SELECT {} FROM resource_history WHERE id = ?1 AND valid_from <= ?2 AND (valid_to IS NULL OR "
                  "valid_to > ?2) ORDER BY seq DESC LIMIT 1",
                  kVersionColumns),
      id, format_time(time)));
  std::vector<ResourceVersion> versions = TRY(read_versions(row));
  if (versions.empty()) return std::nullopt;
  return std::move(versions.front().resource);
}

Result<std::vector<ResourceVersion>> CatalogReader::history(std::string_view id, size_t limit) const {
  return read_versions(TRY(view_->query(
      fmt::format("SELECT {} FROM resource_history WHERE id = ? ORDER BY seq DESC LIMIT ?", kVersionColumns), id,
      uint64_t{limit})));
}

Status CatalogReader::each_version(std::string_view kind, Seq after, Time from,
                                   const std::function<void(ResourceVersion)>& take) const {
  sqlite::Statement* row = TRY(view_->query(
      fmt::format("SELECT {} FROM resource_history WHERE valid_from >= ?1 AND kind = ?2 AND seq > ?3", kVersionColumns),
      format_time(from), kind, uint64_t{after}));
  ParsedTexts texts;
  while (TRY(row->step())) {
    const Json& fields = texts.of(row->text(3));
    ResourceVersion version{.resource = {.id = ResourceId(row->text(0)),
                                         .kind = std::string(row->text(1)),
                                         .name = std::string(row->text(2)),
                                         .labels = {},
                                         .fields = fields.is_null() ? Json::object() : fields},
                            .from = time_of(row->text(5)),
                            .to = time_or_none(*row, 6),
                            .seq = static_cast<Seq>(row->integer(7))};
    version.resource.labels = resource_labels(texts.of(row->text(4)));
    take(std::move(version));
  }
  return {};
}

Status CatalogReader::each_end(Time from,
                               const std::function<void(std::string_view id, Seq seq, Time end)>& take) const {
  sqlite::Statement* row =
      TRY(view_->query("SELECT id, seq, valid_to FROM resource_version WHERE valid_to >= ?1", format_time(from)));
  while (TRY(row->step())) take(row->text(0), static_cast<Seq>(row->integer(1)), time_of(row->text(2)));
  return {};
}

Status CatalogReader::each_relation_version(Time from, const std::function<void(RelationVersion)>& take) const {
  sqlite::Statement* row = TRY(view_->query(
      "SELECT source, kind, target, origin, valid_from, valid_to FROM relation_history WHERE valid_to IS NULL OR "
      "valid_to > ?1",
      format_time(from)));
  while (TRY(row->step())) {
    take({.relation = {.source = ResourceId(row->text(0)),
                       .kind = std::string(row->text(1)),
                       .target = ResourceId(row->text(2)),
                       .origin = parse_origin(row->text(3)).value_or(Origin::kDeclared)},
          .from = time_of(row->text(4)),
          .to = row->is_null(5) ? std::nullopt : std::optional(time_of(row->text(5)))});
  }
  return {};
}

Result<std::map<ResourceId, ResourceId>> CatalogReader::last_targets(std::string_view relation) const {
  std::map<ResourceId, ResourceId> targets;
  sqlite::Statement* row =
      TRY(view_->query("SELECT source, target FROM relation_history WHERE kind = ?1 ORDER BY source, seq", relation));
  while (TRY(row->step())) targets[ResourceId(row->text(0))] = row->text(1);
  return targets;
}

Result<std::map<ResourceId, std::string, std::less<>>> CatalogReader::scopes(std::string_view kind) const {
  std::map<ResourceId, std::string, std::less<>> scopes;
  sqlite::Statement* row = TRY(view_->query("SELECT id, scope FROM resource WHERE kind = ?1", kind));
  while (TRY(row->step())) scopes.emplace(row->text(0), row->text(1));
  return scopes;
}

Result<std::vector<ResourceVersion>> CatalogReader::changed_between(Time from, Time to, size_t limit) const {
  return read_versions(TRY(view_->query(
      fmt::format("SELECT {0} FROM resource_history WHERE valid_from BETWEEN ?1 AND ?2 UNION "
                  "SELECT {0} FROM resource_history WHERE valid_to BETWEEN ?1 AND ?2 ORDER BY seq DESC LIMIT ?3",
                  kVersionColumns),
      format_time(from), format_time(to), uint64_t{limit})));
}

}  // namespace capstan::catalog
