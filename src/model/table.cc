#include "model/table.h"

#include <fmt/format.h>

namespace capstan {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

}  // namespace

Json to_json(const SqlValue& value) {
  return std::visit(Overloaded{[](std::monostate) { return Json(); }, [](const auto& known) { return Json(known); }},
                    value);
}

std::string to_text(const SqlValue& value) {
  return std::visit(Overloaded{[](std::monostate) { return std::string(); },
                               [](const auto& known) { return fmt::format("{}", known); }},
                    value);
}

}  // namespace capstan
