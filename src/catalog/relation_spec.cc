#include "catalog/relation_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/config.h"
#include "base/file.h"

namespace capstan::catalog {
namespace {

std::vector<JsonPath> read_paths(MapReader& reader, std::string_view key) {
  std::vector<JsonPath> paths;
  for (const std::string& text : reader.strings(key)) {
    Result<JsonPath> path = JsonPath::parse(text);
    if (!path) {
      reader.problem(reader.at(key), path.error().message);
    } else {
      paths.push_back(*std::move(path));
    }
  }
  if (paths.empty() && !reader.has(key)) reader.problem(reader.at(key), fmt::format("'{}' is missing", key));
  return paths;
}

Result<ReferenceSpec> read_reference(const ConfigNode& node) {
  MapReader reader(node, "refers");
  ReferenceSpec spec;
  spec.from = reader.strings("from");
  spec.paths = read_paths(reader, "path");
  spec.to = reader.string_or("to", "");
  spec.name = reader.string_or("name", "");
  spec.type = reader.string_or("type", "");
  spec.group = reader.string_or("group", "");
  spec.space = reader.string_or("namespace", "");
  spec.is_host = reader.one_of("as", {"name", "host"}, "name") == "host";
  spec.is_reversed = reader.bool_or("reversed", false);
  if (spec.to.empty() == spec.type.empty()) {
    reader.problem(node, "a reference needs either 'to' (the kind it leads to) or 'type' (the member that names it)");
  }
  TRY(reader.finish());
  return spec;
}

Result<SelectionSpec> read_selection(const ConfigNode& node) {
  MapReader reader(node, "selects");
  SelectionSpec spec;
  spec.from = reader.strings("from");
  spec.paths = read_paths(reader, "path");
  spec.to = reader.strings("to");
  if (spec.to.empty()) reader.problem(node, "'to' is missing: the kinds that are selected from");
  spec.is_everywhere = reader.one_of("within", {"namespace", "cluster"}, "namespace") == "cluster";
  spec.empty_is_all = reader.one_of("empty", {"nothing", "everything"}, "nothing") == "everything";
  TRY(reader.finish());
  return spec;
}

// Exactly one of the three ways in which a relation follows.
void read_way(MapReader& reader, const ConfigNode& document, RelationSpec& spec) {
  spec.sql = reader.string_or("sql", "");
  if (const ConfigNode* sql = reader.node("sql")) spec.where = sql->where;
  if (const ConfigNode* refers = reader.node("refers")) {
    Result<ReferenceSpec> reference = read_reference(*refers);
    if (reader.absorb(reference)) spec.refers = *std::move(reference);
  }
  if (const ConfigNode* selects = reader.node("selects")) {
    Result<SelectionSpec> selection = read_selection(*selects);
    if (reader.absorb(selection)) spec.selects = *std::move(selection);
  }
  const int ways = (reader.has("sql") ? 1 : 0) + (reader.has("refers") ? 1 : 0) + (reader.has("selects") ? 1 : 0);
  if (ways != 1) reader.problem(document, "a relation needs one of 'sql', 'refers' and 'selects'");
}

Result<RelationSpec> read_relation(const ConfigNode& document, std::string_view part) {
  if (!document.is_map()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}; expected a map that begins with 'relation:'", document.describe()), document.where);
  }
  MapReader reader(document, "a relation");
  RelationSpec spec;
  spec.kind = reader.required_string("relation");
  spec.where = document.where;
  (void)reader.string_or("help", "");
  const bool plain = !spec.kind.empty() && spec.kind.size() <= 60 && std::ranges::all_of(spec.kind, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (!plain && reader.has("relation")) {
    reader.problem(reader.at("relation"),
                   fmt::format("the relation '{}' must be lower-case letters, digits and _, at most 60", spec.kind));
  }
  read_way(reader, document, spec);
  TRY(reader.finish());
  spec.scope = fmt::format("derived:{}/{}", part, spec.kind);
  return spec;
}

}  // namespace

LoadedRelations read_relations(std::string_view text, std::string_view file, std::string_view pack) {
  LoadedRelations loaded;
  const Result<std::vector<ConfigNode>> documents = parse_yaml(text, file);
  if (!documents) {
    loaded.problems.push_back(documents.error());
    return loaded;
  }
  const std::string stem = std::filesystem::path(file).stem().string();
  const std::string part = stem == "relations" ? std::string(pack) : fmt::format("{}/{}", pack, stem);
  std::map<std::string, int> of_kind;
  for (const ConfigNode& document : *documents) {
    if (document.is_null()) continue;
    Result<RelationSpec> spec = read_relation(document, part);
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

}  // namespace capstan::catalog
