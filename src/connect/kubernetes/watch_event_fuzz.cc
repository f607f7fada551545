#include <cstdint>
#include <string>

#include "base/json.h"
#include "connect/kubernetes/api_status.h"
#include "connect/kubernetes/json_splitter.h"
#include "connect/kubernetes/object_reader.h"

// However an answer is cut into pieces, the same objects are found in it; and each is read as Json::parse reads it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  using namespace capstan::kubernetes;
  if (size < 2) return 0;
  const auto shape = data[0] % 2 ? JsonSplitter::Shape::kStream : JsonSplitter::Shape::kList;
  const size_t step = 1 + data[1] % 16;
  const std::string_view text(reinterpret_cast<const char*>(data + 2), size - 2);
  ObjectReader reader;
  std::string whole;
  std::string pieces;
  const auto read = [&](std::string& object) -> Status {
    whole += object + "\n";
    const Result<Json> ours = reader.read(object);
    const Result<Json> slow = Json::parse(object);
    if (ours && !slow) __builtin_trap();
    if (const auto event = reader.read_event(object); event && event->type == "ERROR") {
      (void)to_error(read_api_status(event->object));
    }
    return {};
  };
  JsonSplitter at_once(shape, 1 << 16);
  const Status once = at_once.feed(text, read);
  JsonSplitter stepwise(shape, 1 << 16);
  Status status;
  for (size_t at = 0; at < text.size() && status; at += step) {
    status = stepwise.feed(text.substr(at, step), [&](std::string& object) -> Status {
      pieces += object + "\n";
      return {};
    });
  }
  if (status.has_value() != once.has_value() || whole != pieces) __builtin_trap();
  if (at_once.is_complete() != stepwise.is_complete() || at_once.rest() != stepwise.rest()) __builtin_trap();
  return 0;
}
