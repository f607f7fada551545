#include "schema/open_api.h"

// A document, whose kinds are then asked about itself, and a definition.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  const Result<Json> json = Json::parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!json) return 0;
  if (const auto document = schema::OpenApi::read(*json)) {
    for (const auto& [name, schema] : (*document)->kinds()) (void)schema.check(*json);
  }
  for (const auto& [name, schema] : schema::schemas_of_definition(*json)) (void)schema.check(*json);
  return 0;
}
