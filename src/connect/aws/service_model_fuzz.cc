#include <cstdint>

#include "connect/aws/service_model.h"

// Whatever a model's JSON says, it is read or refused with the place; the parts of one text serve as all three files.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto json = Json::parse(text);
  if (!json) return 0;
  const aws::ModelDocument document{"model.json", *json};
  const auto model = aws::read_service_model("fuzz", {document, document, document});
  if (!model && (model.error().message.empty() || model.error().where.file.empty())) __builtin_trap();
  return 0;
}
