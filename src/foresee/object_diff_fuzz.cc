// Any text as a diff: it is read without harm, and what was read can be used on any object.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "foresee/object_edit.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Json object =
      *Json::parse(R"({"kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"x"},{"name":"x"}]}})");
  for (const foresee::ObjectDocument& document : foresee::read_objects(text, "f").documents) {
    if (foresee::is_edit(document.object)) (void)foresee::edit(object, document.object);
  }
  for (const foresee::ObjectDocument& document : foresee::read_json_patch(text, "f", "pod/a").documents) {
    (void)foresee::edit(object, document.object);
  }
  return 0;
}
