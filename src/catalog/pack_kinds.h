// Reads the kinds that packs declare (packs/<pack>/kinds.yaml), one YAML document a kind (catalog/kind_reader.h):
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
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/kind_reader.h"
#include "model/resource.h"
#include "product/product_spec.h"

namespace capstan::catalog {

struct KindFile {
  std::string path;  // For errors.
  std::string text;
};

struct LoadedKinds {
  std::vector<KindSpec> kinds;  // Sorted by name.
  std::vector<Error> problems;  // With file and line; a kind with a problem is left out.
};

// The kinds of several files; templates hold for all of them. Never fails as a whole: what is right is taken, what is
// wrong is told. Of a kind that is declared twice the first declaration holds.
// Products have kinds of their own (packs/<pack>/products.yaml), and tables that are read as their settings or
// endpoints.
LoadedKinds read_kinds(std::span<const KindFile> files, std::span<const product::ProductSpec> products = {});
LoadedKinds read_kinds(std::string_view text, std::string_view file);

// The kinds of <directory>/*/kinds.yaml and of <directory>/*/products.yaml for several directories of packs, in order.
LoadedKinds load_kinds(std::span<const std::filesystem::path> pack_directories);

}  // namespace capstan::catalog
