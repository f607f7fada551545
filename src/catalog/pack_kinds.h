// Reads the kinds that packs declare (packs/<pack>/kinds.yaml), one YAML document a kind:
//
//   kind: host_process
//   title: Process
//   help: A running program.
//   columns:
//     pid: { type: integer, help: its number while it runs }
//     memory_bytes: { type: integer, volatile: true, help: resident memory now }
#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/resource.h"

namespace capstan::catalog {

struct LoadedKinds {
  std::vector<KindSpec> kinds;  // Sorted by name.
  std::vector<Error> problems;  // With file and line; a kind with a problem is left out.
};

// The kinds of one file. Never fails as a whole: what is right is taken, what is wrong is told.
LoadedKinds read_kinds(std::string_view text, std::string_view file);

// The kinds of <directory>/*/kinds.yaml for several directories of packs, those of later ones in addition: a kind
// declared twice is a problem.
LoadedKinds load_kinds(std::span<const std::filesystem::path> pack_directories);

// Whether a kind can become a table: names that SQL takes unquoted, no column twice, none that every kind has anyway.
Status check_kind(const KindSpec& kind);

}  // namespace capstan::catalog
