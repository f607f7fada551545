#include "schema/fault_text.h"

#include <fmt/format.h>

namespace capstan::schema {
namespace {

std::string last_step(const std::string& place) {
  const size_t dot = place.rfind('.');
  return dot == std::string::npos ? place : place.substr(dot + 1);
}

}  // namespace

std::string to_sentence(const Fault& fault) {
  const std::string place = fault.place.empty() ? "the whole" : fault.place;
  switch (fault.kind) {
    case Fault::Kind::kUnknownField:
      return fault.nearest.empty() ? fmt::format("{} is no field", place)
                                   : fmt::format("{} is no field: did you mean {}?", place, fault.nearest);
    case Fault::Kind::kMissingField: return fmt::format("{} is missing", place);
    case Fault::Kind::kWrongType: return fmt::format("{} is {}, where {} must be", place, fault.value, fault.allowed);
    case Fault::Kind::kWrongValue: return fmt::format("{} is {}: allowed is {}", place, fault.value, fault.allowed);
    case Fault::Kind::kDuplicate:
      return fmt::format("{} ({}) comes twice: allowed is {}", place, fault.value, fault.allowed);
  }
  return place;
}

std::string to_advice(const Fault& fault) {
  switch (fault.kind) {
    case Fault::Kind::kUnknownField:
      return fault.nearest.empty() ? fmt::format("Take {} away.", last_step(fault.place))
                                   : fmt::format("Write {} in its place.", fault.nearest);
    case Fault::Kind::kMissingField: return fmt::format("Write {}: {}.", last_step(fault.place), fault.allowed);
    case Fault::Kind::kDuplicate: return "Take one of the two away, or give it a name of its own.";
    case Fault::Kind::kWrongType:
    case Fault::Kind::kWrongValue: break;
  }
  if (!fault.nearest.empty()) return fmt::format("Write {}: {}.", last_step(fault.place), fault.nearest);
  return fmt::format("Write what is allowed at {}: {}.", last_step(fault.place), fault.allowed);
}

}  // namespace capstan::schema
