// Relations that packs derive in SQL (packs/<pack>/relations.yaml), one YAML document a relation:
//
//   relation: belongs_to
//   help: a process belongs to the service whose control group it is in
//   sql: |
//     SELECT p.id AS source, s.id AS target FROM host_process p JOIN host_service s ON s.cgroup = p.cgroup
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/resource.h"
#include "model/table.h"

namespace capstan::catalog {

struct RelationSpec {
  std::string kind;   // "belongs_to"
  std::string scope;  // "derived:<pack>/<kind>": the relations of one declaration never take away those of another.
  std::string sql;    // Gives the columns `source` and `target`.
  Where where;
};

struct LoadedRelations {
  std::vector<RelationSpec> relations;
  std::vector<Error> problems;
};

// `pack` becomes part of the scope.
LoadedRelations read_relations(std::string_view text, std::string_view file, std::string_view pack);
LoadedRelations load_relations(std::span<const std::filesystem::path> pack_directories);

struct DerivedRelations {
  // One a declaration, to be compared like any other look. A declaration that failed has none: its relations stay.
  std::vector<Observation> observations;
  std::vector<Error> problems;
};

// Thread-safe where `sql` is. `kinds` are all kinds, since a derived relation may begin at any.
DerivedRelations derive(std::span<const RelationSpec> specs, const SqlSource& sql, const std::vector<KindSpec>& kinds,
                        Time at);

}  // namespace capstan::catalog
