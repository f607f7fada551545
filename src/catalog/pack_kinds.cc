#include "catalog/pack_kinds.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/config.h"
#include "base/file.h"
#include "product/product_kinds.h"

namespace capstan::catalog {
namespace {

// All documents of all files that can be read, in order.
std::vector<ConfigNode> documents_of(std::span<const KindFile> files, std::vector<Error>& problems) {
  std::vector<ConfigNode> documents;
  for (const KindFile& file : files) {
    Result<std::vector<ConfigNode>> parsed = parse_yaml(file.text, file.path);
    if (!parsed) {
      problems.push_back(std::move(parsed).error());
      continue;
    }
    for (ConfigNode& document : *parsed) {
      if (!document.is_null()) documents.push_back(std::move(document));
    }
  }
  return documents;
}

// Adds what has a name to those of its sort, but for a second one of the same name.
template <class Map>
void take(Map& map, Result<KindSpec> spec, std::string_view sort, const Where& where, std::vector<Error>& problems) {
  if (!spec) return problems.push_back(std::move(spec).error());
  const std::string name = spec->name;
  if (const auto [known, is_new] = map.try_emplace(name, *std::move(spec), where); !is_new) {
    problems.push_back({ErrorCode::kInvalidArgument,
                        fmt::format("the {} '{}' is declared already in {}, line {}", sort, name,
                                    known->second.second.file, known->second.second.line),
                        where});
  }
}

// Gives the tables that are read as settings or endpoints what reads them.
void attach_readers(std::vector<KindSpec>& kinds, std::span<const product::ProductSpec> products) {
  const std::vector<product::ProductSpec> all(products.begin(), products.end());
  for (KindSpec& kind : kinds) {
    if (kind.read_as.empty()) continue;
    const bool settings = kind.read_as == "settings";
    kind.reader = product::part_reader(settings ? product::RowsOf::kSettings : product::RowsOf::kEndpoints, all);
    // The servers of all products are owners, too.
    KindSpec::PartOf servers{.kind = std::string(product::kProductPlace), .sources = {}};
    if (auto path = JsonPath::parse(kind.read_as)) servers.sources.push_back(*std::move(path));
    kind.part_of.push_back(std::move(servers));
  }
}

}  // namespace

LoadedKinds read_kinds(std::span<const KindFile> files, std::span<const product::ProductSpec> products) {
  LoadedKinds loaded;
  const std::vector<ConfigNode> documents = documents_of(files, loaded.problems);
  struct Declared : std::pair<KindSpec, Where> {
    Declared(KindSpec spec, Where where) : pair(std::move(spec), std::move(where)) {}
  };
  std::map<std::string, Declared> found;
  for (const ConfigNode& document : documents) {
    if (is_template(document)) take(found, read_template(document), "template", document.where, loaded.problems);
  }
  KindTemplates templates;
  for (auto& [name, declared] : found) templates.emplace(name, std::move(declared.first));
  found.clear();
  for (const ConfigNode& document : documents) {
    if (!is_template(document)) take(found, read_kind(document, templates), "kind", document.where, loaded.problems);
  }
  for (const product::ProductSpec& product : products) {
    KindSpec kind = product::kind_of(product);
    Status good = check_kind(kind);
    take(found, good ? Result<KindSpec>(std::move(kind)) : fail(good.error().code, good.error().message, product.where),
         "kind", product.where, loaded.problems);
  }
  for (auto& [name, declared] : found) loaded.kinds.push_back(std::move(declared.first));
  attach_readers(loaded.kinds, products);
  resolve_places(loaded.kinds);
  return loaded;
}

LoadedKinds read_kinds(std::string_view text, std::string_view file) {
  const KindFile one{.path = std::string(file), .text = std::string(text)};
  return read_kinds(std::span(&one, 1));
}

LoadedKinds load_kinds(std::span<const std::filesystem::path> pack_directories) {
  std::vector<KindFile> files;
  std::vector<Error> problems;
  for (const std::filesystem::path& directory : pack_directories) {
    std::error_code none;
    if (!std::filesystem::is_directory(directory, none)) continue;
    std::vector<std::filesystem::path> paths;
    for (const auto& pack : std::filesystem::directory_iterator(directory, none)) {
      const std::filesystem::path file = pack.path() / "kinds.yaml";
      if (std::filesystem::is_regular_file(file, none)) paths.push_back(file);
    }
    std::ranges::sort(paths);
    for (const std::filesystem::path& path : paths) {
      Result<std::string> text = read_file(path);
      if (!text) {
        problems.push_back(std::move(text).error());
      } else {
        files.push_back({path.string(), *std::move(text)});
      }
    }
  }
  product::LoadedProducts products = product::load_products(pack_directories);
  LoadedKinds loaded = read_kinds(files, products.products);
  std::ranges::move(products.problems, std::back_inserter(problems));
  loaded.problems.insert(loaded.problems.begin(), problems.begin(), problems.end());
  return loaded;
}

}  // namespace capstan::catalog
