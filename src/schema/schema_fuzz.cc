#include <cstdlib>

#include "schema/schema.h"

// A schema and a value with a line break between them.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t end = text.find('\n');
  if (end == std::string_view::npos) return 0;
  const Result<Json> document = Json::parse(text.substr(0, end));
  const Result<Json> value = Json::parse(text.substr(end + 1));
  if (!document || !value) return 0;
  const Result<schema::Schema> schema = schema::Schema::read(*document);
  if (!schema) return 0;
  const schema::CheckedValue first = schema->check(*value, "spec");
  if (first.faults != schema->check(*value, "spec").faults) std::abort();
  if (first.faults.size() > 100) std::abort();
  return 0;
}
