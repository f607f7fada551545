// Any text as kinds.yaml and relations.yaml; what is accepted must become tables.
#include <cstdint>
#include <string_view>

#include "base/sqlite.h"
#include "catalog/derived_relations.h"
#include "catalog/pack_kinds.h"
#include "catalog/schema.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const catalog::LoadedKinds loaded = catalog::read_kinds(text, "kinds.yaml");
  (void)catalog::read_relations(text, "relations.yaml", "pack");
  if (loaded.kinds.empty()) return 0;
  auto database = sqlite::Database::open_memory();
  if (!database || !catalog::prepare_schema(*database, loaded.kinds)) __builtin_trap();
  return 0;
}
