// Any text as a template, and as a place of a condition.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "service/condition.h"
#include "service/template.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  service::Scope scope;
  scope.values = Json::object({{"name", "a/b"}, {"list", Json::array({1, 2})}});
  if (const auto parsed = service::Template::parse(text)) {
    (void)parsed->fill(scope);
    (void)parsed->tell(scope);
  }
  (void)service::parse_place(text);
  return 0;
}
