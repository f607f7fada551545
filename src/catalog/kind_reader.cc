#include "catalog/kind_reader.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/suggest.h"
#include "catalog/schema.h"

namespace capstan::catalog {
namespace {

constexpr size_t kLongestName = 60;
constexpr size_t kMostColumns = 200;
constexpr std::array<std::string_view, 2> kEveryKindHas = {"id", "name"};
constexpr std::array<std::string_view, 2> kEveryPartHas = {"owner", "position"};
constexpr std::array<std::string_view, 6> kTypes = {"text", "integer", "real", "boolean", "time", "json"};

Status check_name(std::string_view what, std::string_view name) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  const bool good = !name.empty() && name.size() <= kLongestName && name[0] >= 'a' && name[0] <= 'z' &&
                    std::ranges::all_of(name, fits);
  if (!good) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} '{}' must be lower-case letters, digits and _, begin with a letter and have at most {} "
                            "characters",
                            what, name, kLongestName));
  }
  if (sqlite3_keyword_check(name.data(), static_cast<int>(name.size())) != 0 || name == "now") {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{} '{}' is a word of SQL; choose another", what, name));
  }
  return {};
}

// Every kind has these; a pack may name them to describe them.
bool is_given(const KindSpec::Column& column) {
  return std::ranges::find(kEveryKindHas, column.name) != kEveryKindHas.end() && column.type == ColumnType::kText &&
         !column.is_volatile;
}

Result<KindSpec::Column> read_column(const ConfigMember& member, bool of_part) {
  KindSpec::Column column{.name = member.key.scalar, .type = ColumnType::kText, .help = "", .is_volatile = false};
  if (member.value.is_null()) return column;
  if (!member.value.is_map()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the column '{}' is {}; expected a map such as {{ type: integer }}", column.name,
                            member.value.describe()),
                member.value.where);
  }
  MapReader reader(member.value, "a column");
  const std::string type = reader.string_or("type", "text");
  if (const auto known = parse_column_type(type)) {
    column.type = *known;
  } else {
    reader.problem(reader.at("type"),
                   fmt::format("unknown type '{}'{}; known: text, integer, real, boolean, time, json", type,
                               did_you_mean(type, kTypes)));
  }
  column.help = reader.string_or("help", "");
  column.is_volatile = reader.bool_or("volatile", false);
  if (const std::string from = reader.string_or("from", ""); !from.empty()) {
    Result<JsonPath> path = JsonPath::parse(from);
    if (!path) {
      reader.problem(reader.at("from"), path.error().message);
    } else {
      column.from = *std::move(path);
    }
  }
  const std::string measure = reader.one_of("measure", {"plain", "quantity", "count", "keys"}, "plain");
  column.measure = parse_measure(measure).value_or(Measure::kPlain);
  TRY(reader.finish());
  if (Status good = check_name("the column", column.name); !good) {
    return fail(good.error().code, good.error().message, member.key.where);
  }
  if (!of_part && std::ranges::find(kEveryKindHas, column.name) != kEveryKindHas.end() && !is_given(column)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("every kind has the column '{}', a text that is not volatile", column.name),
                member.key.where);
  }
  return column;
}

void read_columns(MapReader& reader, KindSpec& kind) {
  const ConfigNode* columns = reader.node("columns");
  if (columns == nullptr || columns->is_null()) return;
  if (!columns->is_map()) {
    return reader.problem(*columns, fmt::format("'columns' is {}; expected a map of names", columns->describe()));
  }
  for (const ConfigMember& member : columns->members) {
    Result<KindSpec::Column> column = read_column(member, kind.is_part());
    if (!reader.absorb(column) || (!kind.is_part() && is_given(*column))) continue;
    // A kind may say more exactly what its template says.
    const auto known = std::ranges::find(kind.columns, column->name, &KindSpec::Column::name);
    if (known == kind.columns.end()) {
      kind.columns.push_back(*std::move(column));
    } else {
      *known = *std::move(column);
    }
  }
}

void read_paths(MapReader& reader, std::string_view key, std::vector<JsonPath>& paths) {
  for (const std::string& text : reader.strings(key)) {
    Result<JsonPath> path = JsonPath::parse(text);
    if (!path) {
      reader.problem(reader.at(key), path.error().message);
    } else {
      paths.push_back(*std::move(path));
    }
  }
}

// What stands in `objects`, over what the template said.
Result<ObjectSpec> read_objects(const ConfigNode& node, ObjectSpec spec) {
  MapReader reader(node, "objects");
  const auto text = [&](std::string_view key, std::string& value) { value = reader.string_or(key, value); };
  const auto path = [&](std::string_view key, JsonPath& value) {
    std::vector<JsonPath> paths;
    read_paths(reader, key, paths);
    if (!paths.empty()) value = paths[0];
  };
  text("system", spec.system);
  text("group", spec.group);
  text("resource", spec.resource);
  text("type", spec.type);
  if (reader.has("short")) spec.short_names = reader.strings("short");
  path("name", spec.name);
  path("labels", spec.labels);
  if (reader.has("identity")) spec.identity = reader.strings("identity");
  read_paths(reader, "drop", spec.drop);
  read_paths(reader, "mask", spec.mask);
  TRY(reader.finish());
  return spec;
}

Result<std::vector<KindSpec::PartOf>> read_part_of(const ConfigNode& node) {
  if (!node.is_map()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'part_of' is {}; expected a map of kinds to paths", node.describe()), node.where);
  }
  MapReader reader(node, "part_of");
  std::vector<KindSpec::PartOf> parts;
  for (const ConfigMember& member : node.members) {
    KindSpec::PartOf part{.kind = member.key.scalar, .sources = {}};
    read_paths(reader, part.kind, part.sources);
    parts.push_back(std::move(part));
  }
  TRY(reader.finish());
  return parts;
}

Result<KindSpec::Makes> read_makes(const ConfigNode& node) {
  MapReader reader(node, "makes");
  KindSpec::Makes makes;
  makes.kind = reader.required_string("kind");
  for (const auto& [key, path] : {std::pair<std::string_view, JsonPath*>{"metadata", &makes.metadata},
                                  {"spec", &makes.spec},
                                  {"count", &makes.count}}) {
    std::vector<JsonPath> paths;
    read_paths(reader, key, paths);
    if (!paths.empty()) *path = paths[0];
  }
  if (makes.spec.empty()) reader.problem(node, "'spec' is missing: the path of what the made object is specified by");
  TRY(reader.finish());
  return makes;
}

void read_places(MapReader& reader, KindSpec& kind) {
  for (const auto& [name, text] : reader.string_map("places")) {
    Result<JsonPath> path = JsonPath::parse(text);
    if (!path) {
      reader.problem(reader.at("places"), path.error().message);
    } else {
      kind.places[name] = *std::move(path);
    }
  }
}

Status read_body(MapReader& reader, KindSpec& kind) {
  kind.title = reader.string_or("title", kind.title.empty() ? kind.name : kind.title);
  kind.help = reader.string_or("help", kind.help);
  if (const ConfigNode* objects = reader.node("objects")) {
    Result<ObjectSpec> spec = read_objects(*objects, kind.objects.value_or(ObjectSpec()));
    if (reader.absorb(spec)) kind.objects = *std::move(spec);
  }
  if (const ConfigNode* node = reader.node("makes")) {
    Result<KindSpec::Makes> makes = read_makes(*node);
    if (reader.absorb(makes)) kind.makes = *std::move(makes);
  }
  read_places(reader, kind);
  read_columns(reader, kind);
  return reader.finish();
}

// What only the whole kind shows.
Status check_objects(const KindSpec& kind) {
  if (!kind.objects && !kind.is_part()) {
    const auto from =
        std::ranges::find_if(kind.columns, [](const KindSpec::Column& column) { return !column.from.empty(); });
    if (from == kind.columns.end()) return {};
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the column '{}' has 'from', but the kind '{}' has neither 'objects' nor 'part_of'",
                            from->name, kind.name));
  }
  if (!kind.objects) return {};
  const ObjectSpec& objects = *kind.objects;
  if (objects.system.empty() || objects.resource.empty() || objects.type.empty() || objects.name.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the objects of the kind '{}' need 'system', 'resource', 'type' and 'name'", kind.name));
  }
  for (const std::string& part : objects.identity) {
    const bool known =
        part == "name" || std::ranges::find(kind.columns, part, &KindSpec::Column::name) != kind.columns.end();
    if (!known) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the identity of the kind '{}' names '{}', which is no column of it", kind.name, part));
    }
  }
  return {};
}

}  // namespace

bool is_template(const ConfigNode& document) { return document.is_map() && document.find("template") != nullptr; }

Result<KindSpec> read_template(const ConfigNode& document) {
  MapReader reader(document, "a template");
  KindSpec spec;
  spec.name = reader.required_string("template");
  TRY(read_body(reader, spec));
  spec.title.clear();
  return spec;
}

Result<KindSpec> read_kind(const ConfigNode& document, const KindTemplates& templates) {
  if (!document.is_map()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}; expected a map that begins with 'kind:'", document.describe()), document.where);
  }
  MapReader reader(document, "a kind");
  KindSpec kind;
  if (const std::string like = reader.string_or("like", ""); !like.empty()) {
    if (const auto found = templates.find(like); found != templates.end()) {
      kind = found->second;
    } else {
      std::vector<std::string_view> names;
      for (const auto& [name, spec] : templates) names.push_back(name);
      reader.problem(reader.at("like"), fmt::format("no template '{}'{}", like, did_you_mean(like, names)));
    }
  }
  kind.name = reader.required_string("kind");
  if (const ConfigNode* part_of = reader.node("part_of")) {
    Result<std::vector<KindSpec::PartOf>> parts = read_part_of(*part_of);
    if (reader.absorb(parts)) kind.part_of = *std::move(parts);
    kind.read_as = reader.one_of("read_as", {"settings", "endpoints"}, "");
  }
  TRY(read_body(reader, kind));
  Status good = check_kind(kind);
  if (good) good = check_objects(kind);
  if (!good) return fail(good.error().code, good.error().message, document.where);
  return kind;
}

void resolve_places(std::vector<KindSpec>& kinds) {
  for (KindSpec& part : kinds) {
    std::vector<KindSpec::PartOf> resolved;
    for (KindSpec::PartOf& part_of : part.part_of) {
      bool is_place = false;
      for (const KindSpec& kind : kinds) {
        const auto place = kind.places.find(part_of.kind);
        if (place == kind.places.end()) continue;
        is_place = true;
        KindSpec::PartOf of_kind{.kind = kind.name, .sources = {}};
        for (const JsonPath& source : part_of.sources) of_kind.sources.push_back(place->second.then(source));
        resolved.push_back(std::move(of_kind));
      }
      if (!is_place) resolved.push_back(std::move(part_of));
    }
    part.part_of = std::move(resolved);
  }
}

Status check_kind(const KindSpec& kind) {
  TRY(check_name("the kind", kind.name));
  if (is_fixed_table(kind.name) || kind.name.ends_with("_at") || kind.name.starts_with("sqlite_") ||
      kind.name.starts_with("capstan_")) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the kind '{}' would hide a table of the catalog; choose another name", kind.name));
  }
  if (kind.columns.size() > kMostColumns) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("the kind '{}' has {} columns, the limit is {}", kind.name,
                                                         kind.columns.size(), kMostColumns));
  }
  const std::array<std::string_view, 2>& given_columns = kind.is_part() ? kEveryPartHas : kEveryKindHas;
  std::set<std::string_view> seen(given_columns.begin(), given_columns.end());
  for (const KindSpec::Column& column : kind.columns) {
    TRY(check_name("the column", column.name));
    if (!seen.insert(column.name).second) {
      const bool given = std::ranges::find(given_columns, column.name) != given_columns.end();
      return fail(ErrorCode::kInvalidArgument,
                  given ? fmt::format("every kind has the column '{}'; it need not be declared", column.name)
                        : fmt::format("the column '{}' is declared twice", column.name));
    }
  }
  return {};
}

}  // namespace capstan::catalog
