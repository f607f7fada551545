#include "schema/fault_text.h"

namespace capstan::schema {
namespace {

std::string last_step(const std::string& place) {
  if (const size_t quoted = place.rfind("[\""); quoted != std::string::npos && place.ends_with("\"]")) {
    return place.substr(quoted + 2, place.size() - quoted - 4);
  }
  const size_t dot = place.rfind('.');
  return dot == std::string::npos ? place : place.substr(dot + 1);
}

}  // namespace

Words to_sentence(const Fault& fault) {
  const Words place = fault.place.empty() ? Words::phrase("fault.the_whole") : Words(fault.place);
  switch (fault.kind) {
    case Fault::Kind::kUnknownField:
      return fault.nearest.empty()
                 ? Words::phrase("fault.unknown", {{"place", place}})
                 : Words::phrase("fault.unknown_near", {{"place", place}, {"nearest", fault.nearest}});
    case Fault::Kind::kMissingField: return Words::phrase("fault.missing", {{"place", place}});
    case Fault::Kind::kWrongType:
      return Words::phrase("fault.type", {{"place", place}, {"value", fault.value}, {"allowed", fault.allowed}});
    case Fault::Kind::kWrongValue:
      return Words::phrase("fault.value", {{"place", place}, {"value", fault.value}, {"allowed", fault.allowed}});
    case Fault::Kind::kDuplicate:
      return Words::phrase("fault.duplicate", {{"place", place}, {"value", fault.value}, {"allowed", fault.allowed}});
  }
  return place;
}

Words to_advice(const Fault& fault) {
  const std::string field = last_step(fault.place);
  switch (fault.kind) {
    case Fault::Kind::kUnknownField:
      return fault.nearest.empty() ? Words::phrase("advice.take_away", {{"field", field}})
                                   : Words::phrase("advice.write_instead", {{"nearest", fault.nearest}});
    case Fault::Kind::kMissingField: return Words::phrase("advice.write", {{"field", field}, {"value", fault.allowed}});
    case Fault::Kind::kDuplicate: return Words::phrase("advice.duplicate");
    case Fault::Kind::kWrongType:
    case Fault::Kind::kWrongValue: break;
  }
  if (!fault.nearest.empty()) return Words::phrase("advice.write", {{"field", field}, {"value", fault.nearest}});
  return Words::phrase("advice.write_allowed", {{"field", field}, {"allowed", fault.allowed}});
}

}  // namespace capstan::schema
