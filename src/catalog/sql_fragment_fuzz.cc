// Whatever text is accepted as a part of a statement leaves the rest of it as it is.
#include <cstdint>
#include <cstdlib>

#include "catalog/sql_fragment_property.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  static sqlite::Database database = *sqlite::Database::open_memory();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (size > 2'000 || !catalog::check_fragment(text)) return 0;
  if (!catalog::changes_what_wraps_it(database, text).empty()) std::abort();
  return 0;
}
