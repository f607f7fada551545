#include "catalog/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <set>

#include "base/crypto.h"
#include "catalog/kind_table.h"
#include "model/label_selector.h"

namespace capstan::catalog {
namespace {

constexpr std::string_view kTables = R"sql(
CREATE TABLE resource(id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE label(resource TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY(resource, name)) WITHOUT ROWID;
)sql";

std::vector<std::string> split_id(const ResourceId& id) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= id.size();) {
    const size_t slash = std::min(id.find('/', begin), id.size());
    parts.push_back(id.substr(begin, slash - begin));
    begin = slash + 1;
  }
  return parts;
}

// Of what is not a plain map or a selector object nothing can be said; the counterpart refuses it.
void read_selector(const Json& value, bool empty_is_all, std::vector<LabelSelector>& selectors) {
  if (!value.is_object()) return;
  Result<LabelSelector> selector = LabelSelector::from_json(value);
  if (selector && (empty_is_all || !selector->empty())) selectors.push_back(*std::move(selector));
}

}  // namespace

Picture::Picture(sqlite::Database database, std::vector<KindSpec> kinds, std::vector<RelationSpec> relations)
    : kinds_(std::move(kinds)),
      relations_(std::move(relations)),
      database_(std::move(database)),
      references_(relations_, kinds_) {
  for (const KindSpec& kind : kinds_) specs_.emplace(kind.name, &kind);
  for (const RelationSpec& spec : relations_) {
    if (spec.selects) add_selection(spec);
  }
}

void Picture::add_selection(const RelationSpec& spec) {
  Selection selection{.spec = &spec, .sources = {}};
  for (const KindPath& place : kind_paths(kinds_, spec.selects->from)) {
    for (const JsonPath& path : spec.selects->paths) {
      selection.sources[place.kind->name].push_back(place.path.then(path));
    }
  }
  const auto same = std::ranges::find_if(selections_, [&](const Selections& some) {
    return some.to == spec.selects->to && some.is_everywhere == spec.selects->is_everywhere;
  });
  Selections& selections = same != selections_.end() ? *same : selections_.emplace_back();
  selections.to = spec.selects->to;
  selections.is_everywhere = spec.selects->is_everywhere;
  selections.all.push_back(std::move(selection));
}

Picture::~Picture() = default;

Result<std::unique_ptr<Picture>> Picture::create(std::vector<KindSpec> kinds, std::vector<RelationSpec> relations) {
  std::unique_ptr<Picture> picture(
      new Picture(TRY(sqlite::Database::open_memory()), std::move(kinds), std::move(relations)));
  TRY(picture->prepare());
  return picture;
}

Status Picture::prepare() {
  functions_ = TRY(SqlFunctions::install(database_));
  TRY(database_.execute("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY"));
  TRY(database_.execute(kTables));
  TRY(relation_table_.create(database_));
  for (const KindSpec& kind : kinds_) TRY(database_.execute(create_table_sql(kind)));
  return {};
}

const KindSpec* Picture::spec_of(std::string_view kind) const {
  const auto spec = specs_.find(kind);
  return spec == specs_.end() ? nullptr : spec->second;
}

Resource Picture::to_resource(const ResourceId& id, std::string_view kind, const PackedResource& packed) const {
  ResourcePacker::Parts parts = packer_.unpack(packed);
  return {.id = id,
          .kind = std::string(kind),
          .name = std::move(parts.name),
          .labels = std::move(parts.labels),
          .fields = Json::parse(parts.fields).value_or(Json::object())};
}

std::optional<Resource> Picture::find(const ResourceId& id) const {
  const auto known = known_.find(id);
  if (known == known_.end()) return std::nullopt;
  return to_resource(id, known->second);
}

Status Picture::put(const Resource& resource) {
  PackedResource packed = packer_.pack(resource.kind, resource.name, resource.labels, resource.fields.dump());
  return put(resource.id, resource.kind, std::move(packed), &resource);
}

Status Picture::put(const KeptResource& resource) { return put(resource.id, resource.kind, resource.packed, nullptr); }

Status Picture::put(const ResourceId& id, std::string_view kind, PackedResource packed, const Resource* given) {
  const KindSpec* spec = spec_of(kind);
  if (spec == nullptr || spec->is_part()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("no pack declares the kind '{}'", kind));
  }
  const auto known = known_.find(id);
  const bool is_new = known == known_.end();
  if (!is_new && known->second.kind != spec) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' cannot become a {}", id, kind));
  }
  if (!is_new && known->second.packed == packed) return {};
  std::optional<Resource> before;
  if (!is_new) before = to_resource(id, known->second);
  std::optional<Resource> unpacked;
  if (given == nullptr) unpacked = to_resource(id, kind, packed);
  const Resource& resource = given != nullptr ? *given : *unpacked;
  TRY(write_rows(resource, *spec, before ? &*before : nullptr));
  if (trial_) trial_->resources.push_back({id, is_new ? std::nullopt : std::optional<Known>(std::move(known->second))});
  known_.insert_or_assign(id, Known{.kind = spec, .packed = std::move(packed)});
  note_change(id, *spec);
  follow_references(before ? &*before : nullptr, &resource);
  follow_selections(before ? &*before : nullptr, &resource);
  return {};
}

Status Picture::remove(const ResourceId& id) {
  const auto known = known_.find(id);
  if (known == known_.end()) return {};
  const KindSpec& spec = *known->second.kind;
  const Resource before = to_resource(id, known->second);
  TRY(remove_rows(id, spec));
  if (trial_) trial_->resources.push_back({id, std::move(known->second)});
  known_.erase(known);
  note_change(id, spec);
  follow_references(&before, nullptr);
  follow_selections(&before, nullptr);
  return {};
}

bool Picture::has_same_columns(const Resource& before, const Resource& after, const KindSpec& spec) const {
  return before.name == after.name && std::ranges::all_of(spec.columns, [&](const KindSpec::Column& column) {
           return column.is_volatile || column_value(column, before.fields) == column_value(column, after.fields);
         });
}

Status Picture::write_rows(const Resource& resource, const KindSpec& spec, const Resource* before) {
  if (before == nullptr || !has_same_columns(*before, resource, spec)) {
    TRY(write_own_row(resource, spec, before == nullptr));
  }
  if (before == nullptr || before->labels != resource.labels) {
    note_table("label");
    TRY(write_labels(database_, statements_, resource.id, resource.labels));
  }
  const std::vector<const KindSpec*> parts =
      TRY(write_parts(database_, statements_, kinds_, resource, before == nullptr ? nullptr : &before->fields));
  for (const KindSpec* part : parts) note_table(part->name);
  return {};
}

Status Picture::write_own_row(const Resource& resource, const KindSpec& spec, bool is_new) {
  sqlite::Statement* statement = TRY(statements_.get(database_, is_new ? insert_sql(spec) : update_sql(spec)));
  int index = 0;
  if (is_new) statement->bind(++index, resource.id);
  statement->bind(++index, resource.name);
  bind_columns(*statement, index, spec, resource.fields);
  if (!is_new) statement->bind(++index, resource.id);
  TRY(statement->run());
  note_table(spec.name);
  note_table("resource");
  return run("INSERT OR REPLACE INTO resource(id, kind, name) VALUES(?, ?, ?)", resource.id, resource.kind,
             resource.name);
}

Status Picture::remove_rows(const ResourceId& id, const KindSpec& spec) {
  TRY(run("DELETE FROM resource WHERE id = ?", id));
  TRY(run("DELETE FROM label WHERE resource = ?", id));
  TRY(run("DELETE FROM " + sql_name(spec.name) + " WHERE id = ?", id));
  for (const std::string_view table :
       {std::string_view("resource"), std::string_view("label"), std::string_view(spec.name)}) {
    note_table(table);
  }
  for (const KindSpec* part : parts_of(kinds_, spec.name)) note_table(part->name);
  return remove_parts(database_, statements_, kinds_, id, spec.name);
}

void Picture::follow_references(const Resource* before, const Resource* after) {
  const std::vector<Relation> old = before == nullptr ? std::vector<Relation>() : references_.of(*before);
  const std::vector<Relation> now = after == nullptr ? std::vector<Relation>() : references_.of(*after);
  std::vector<Relation> differ;
  std::ranges::set_difference(old, now, std::back_inserter(differ));
  for (Relation& relation : differ) change_relation(std::move(relation), false);
  differ.clear();
  std::ranges::set_difference(now, old, std::back_inserter(differ));
  for (Relation& relation : differ) change_relation(std::move(relation), true);
}

std::string Picture::place_of(const Resource& resource, bool everywhere) const {
  const KindSpec* spec = spec_of(resource.kind);
  const auto text = [&](std::string_view name) {
    const auto column = std::ranges::find(spec->columns, name, &KindSpec::Column::name);
    return column == spec->columns.end() ? "" : column_value(*column, resource.fields).string_or_empty();
  };
  return everywhere ? text("cluster") : text("cluster") + "/" + text("namespace");
}

void Picture::index_selections(Selections& selections, const Resource* before, const Resource* after,
                               std::vector<SelectorIndex::Pair>& pairs) const {
  const Resource& resource = after != nullptr ? *after : *before;
  for (uint32_t sort = 0; sort < selections.all.size(); ++sort) {
    const Selection& selection = selections.all[sort];
    const auto paths = selection.sources.find(resource.kind);
    if (paths == selection.sources.end()) continue;
    std::vector<LabelSelector> selectors;
    for (const JsonPath& path : paths->second) {
      if (after == nullptr) continue;
      for (const Json* value : path.find(after->fields)) {
        read_selector(*value, selection.spec->selects->empty_is_all, selectors);
      }
    }
    selections.index.set_source(sort, resource.id, place_of(resource, selections.is_everywhere), selectors, pairs);
  }
  if (std::ranges::find(selections.to, resource.kind) == selections.to.end()) return;
  if (after == nullptr) {
    selections.index.remove_target(resource.id, pairs);
  } else if (before == nullptr || before->labels != after->labels) {
    selections.index.set_target(resource.id, place_of(resource, selections.is_everywhere), after->labels, pairs);
  }
}

void Picture::follow_selections(const Resource* before, const Resource* after) {
  for (Selections& selections : selections_) {
    std::vector<SelectorIndex::Pair> pairs;
    index_selections(selections, before, after, pairs);
    for (SelectorIndex::Pair& pair : pairs) {
      change_relation({.source = std::move(pair.source),
                       .kind = selections.all[pair.sort].spec->kind,
                       .target = std::move(pair.target),
                       .origin = Origin::kDerived},
                      pair.is_new);
    }
  }
}

void Picture::put_relation(const Relation& relation) { change_relation(relation, true); }
void Picture::remove_relation(const Relation& relation) { change_relation(relation, false); }

void Picture::change_relation(Relation relation, bool is_new) {
  const bool changes = is_new ? relations_now_.insert(relation.source, relation.kind, relation.target)
                              : relations_now_.erase(relation.source, relation.kind, relation.target);
  if (!changes) return;
  if (trial_) trial_->relations.push_back({relation, is_new});
  changes_.relations.push_back({std::move(relation), is_new});
}

std::string PictureChanges::objects_of(std::string_view kind) { return fmt::format("objects of {}", kind); }

void Picture::note_change(const ResourceId& id, const KindSpec& spec) {
  if (changed_.insert(id).second) changes_.resources.push_back(id);
  note_table(PictureChanges::objects_of(spec.name));
}

void Picture::note_table(std::string_view name) {
  if (!changes_.tables.contains(name)) changes_.tables.emplace(name);
}

PictureChanges Picture::take_changes() {
  changed_.clear();
  return std::exchange(changes_, {});
}

Status Picture::begin_batch() { return database_.execute("SAVEPOINT batch"); }
Status Picture::end_batch() { return database_.execute("RELEASE batch"); }

Status Picture::begin_trial() {
  if (trial_) return fail(ErrorCode::kFailedPrecondition, "a trial is under way");
  TRY(database_.execute("SAVEPOINT trial"));
  trial_.emplace();
  (void)take_changes();
  return {};
}

// The tables go back by themselves; what is kept beside them is put back from the newest to the oldest.
Status Picture::end_trial() {
  if (!trial_) return {};
  Trial trial = *std::exchange(trial_, std::nullopt);
  for (Undo& step : std::ranges::reverse_view(trial.resources)) {
    const auto known = known_.find(step.id);
    std::optional<Resource> now;
    if (known != known_.end()) now = to_resource(step.id, known->second);
    std::optional<Resource> before;
    if (step.before) before = to_resource(step.id, *step.before);
    std::vector<SelectorIndex::Pair> ignored;
    for (Selections& selections : selections_) {
      index_selections(selections, now ? &*now : nullptr, before ? &*before : nullptr, ignored);
    }
    if (step.before) {
      known_.insert_or_assign(step.id, *std::move(step.before));
    } else {
      known_.erase(step.id);
    }
  }
  for (RelationChange& change : std::ranges::reverse_view(trial.relations)) {
    change_relation(std::move(change.relation), !change.is_new);
  }
  (void)take_changes();
  return database_.execute("ROLLBACK TO trial; RELEASE trial");
}

std::vector<Relation> Picture::relations_of(const ResourceId& id) const {
  std::vector<Relation> relations;
  const auto handle = relations_now_.handle_of(id);
  if (!handle) return relations;
  const auto add = [&](const ResourceId& source, RelationIndex::Kind kind, const ResourceId& target) {
    relations.push_back(
        {.source = source, .kind = relations_now_.name(kind), .target = target, .origin = Origin::kDerived});
  };
  for (const RelationIndex::Edge& edge : relations_now_.from(*handle)) {
    add(id, edge.kind, relations_now_.id(edge.other));
  }
  for (const RelationIndex::Edge& edge : relations_now_.to(*handle)) {
    if (edge.other != *handle) add(relations_now_.id(edge.other), edge.kind, id);
  }
  std::ranges::sort(relations);
  return relations;
}

std::vector<ResourceId> Picture::around(std::vector<ResourceId> ids, int steps) const {
  std::unordered_set<ResourceId> seen(ids.begin(), ids.end());
  size_t begin = 0;
  for (int step = 0; step < steps; ++step) {
    for (const size_t end = ids.size(); begin < end; ++begin) {
      const auto handle = relations_now_.handle_of(ids[begin]);
      if (!handle) continue;
      for (const auto& edges : {relations_now_.from(*handle), relations_now_.to(*handle)}) {
        for (const RelationIndex::Edge& edge : edges) {
          const ResourceId& other = relations_now_.id(edge.other);
          if (seen.insert(other).second) ids.push_back(other);
        }
      }
    }
  }
  return ids;
}

Result<std::vector<ResourceId>> Picture::beside(const std::vector<ResourceId>& ids, const std::string& kind) {
  std::set<ResourceId> found;
  const KindSpec* spec = spec_of(kind);
  if (spec == nullptr) return std::vector<ResourceId>();
  const bool has_space = std::ranges::find(spec->columns, "namespace", &KindSpec::Column::name) != spec->columns.end();
  std::set<std::string> asked;
  for (const ResourceId& id : ids) {
    // "<kind>/<cluster>/<namespace>/<name>", or without a namespace.
    const std::vector<std::string> parts = split_id(id);
    const bool in_space = parts.size() > 3 && has_space;
    if (parts.size() < 3 || !asked.insert(parts[1] + "/" + (in_space ? parts[2] : "")).second) continue;
    sqlite::Statement* rows =
        TRY(statements_.get(database_, fmt::format("SELECT id FROM {} WHERE id >= ? AND id < ?", sql_name(kind))));
    const std::string prefix = kind + "/" + parts[1] + (in_space ? "/" + parts[2] : "");
    rows->with(prefix + "/", prefix + "0");  // "0" follows "/".
    while (TRY(rows->step())) found.emplace(rows->text(0));
  }
  return std::vector<ResourceId>(found.begin(), found.end());
}

Result<std::string> Picture::id_table(size_t number) {
  const std::string name = fmt::format("temp.ids_{}", number);
  TRY(database_.execute(fmt::format("CREATE TABLE IF NOT EXISTS {}(id TEXT PRIMARY KEY) WITHOUT ROWID", name)));
  return name;
}

Status Picture::fill_id_table(size_t number, const std::vector<ResourceId>& ids) {
  TRY(run(fmt::format("DELETE FROM temp.ids_{}", number)));
  sqlite::Statement* insert =
      TRY(statements_.get(database_, fmt::format("INSERT OR IGNORE INTO temp.ids_{}(id) VALUES(?)", number)));
  for (const ResourceId& id : ids) TRY(insert->with(id).run());
  return {};
}

Result<std::string> Picture::content_hash() {
  std::string digest;
  std::vector<std::string> tables = {"resource", "label", "relation"};
  for (const KindSpec& kind : kinds_) tables.push_back(kind.name);
  for (const std::string& table : tables) {
    const std::string_view order = table == "relation" ? "1, 2, 3" : "1, 2";
    sqlite::Statement rows =
        TRY(database_.prepare(fmt::format("SELECT * FROM {} ORDER BY {}", sql_name(table), order)));
    while (TRY(rows.step())) {
      std::string row = digest + table;
      for (int i = 0; i < rows.columns(); ++i) row += fmt::format("|{}:{}", rows.text(i).size(), rows.text(i));
      digest = hex(sha256(row));
    }
  }
  return digest;
}

}  // namespace capstan::catalog
