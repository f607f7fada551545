// Relations that packs declare (packs/<pack>/relations.yaml), one YAML document a relation. They follow in one of three
// ways:
//
//   relation: belongs_to                       # from SQL
//   help: a process belongs to the service whose control group it is in
//   sql: |
//     SELECT p.id AS source, s.id AS target FROM host_process p JOIN host_service s ON s.cgroup = p.cgroup
//   ---
//   relation: mounts                           # from a name that an object holds
//   refers: { from: pod, path: "volumes[*].configMap.name", to: k8s_config_map }
//   ---
//   relation: selects                          # from a label selector that an object holds
//   selects: { from: k8s_service, path: spec.selector, to: k8s_pod }
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_path.h"
#include "base/result.h"

namespace capstan::catalog {

// What is named need not exist: the relation then says what is missing.
struct ReferenceSpec {
  std::vector<std::string> from;  // Kinds, or places of kinds; none: every kind of objects.
  std::vector<JsonPath> paths;    // Within the object, or within the place.
  std::string to;                 // The kind it leads to; "" where the reference names its type.
  // Members of what lies at the path; "" for `name` when it is the name itself.
  std::string name;
  std::string type;
  std::string group;         // "apps/v1" and "apps" both name the group "apps".
  std::string space;         // Its namespace where it is not the source's own.
  bool is_host = false;      // A DNS name: "web", "web.shop", "web.shop.svc.cluster.local".
  bool is_reversed = false;  // The relation leads from what is named to the one that names it.
};

struct SelectionSpec {
  std::vector<std::string> from;
  std::vector<JsonPath> paths;
  std::vector<std::string> to;  // Kinds.
  bool is_everywhere = false;   // Else in the source's namespace only.
  bool empty_is_all =
      false;  // Whether an empty selector selects everything or nothing; one that is absent selects nothing.
};

struct RelationSpec {
  std::string kind;   // "belongs_to"
  std::string scope;  // "derived:<pack>/<kind>", "derived:<pack>/<file>/<kind>": the relations of one declaration never take away those of another.
  std::string sql;    // Gives the columns `source` and `target`; or one of:
  std::optional<ReferenceSpec> refers = {};
  std::optional<SelectionSpec> selects = {};
  Where where;
};

struct LoadedRelations {
  std::vector<RelationSpec> relations;
  std::vector<Error> problems;
};

// `pack` becomes part of the scope, and so does the file's name where it is not relations.yaml.
LoadedRelations read_relations(std::string_view text, std::string_view file, std::string_view pack);
LoadedRelations load_relations(std::span<const std::filesystem::path> pack_directories);

}  // namespace capstan::catalog
