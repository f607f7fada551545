#include "model/chat.h"

#include <algorithm>

namespace capstan {

std::string plan_button_value(std::string_view plan, std::string_view hash) {
  return std::string(hash) + " " + std::string(plan);
}

std::optional<PlanButton> read_plan_button(std::string_view value) {
  const size_t space = value.find(' ');
  if (space == std::string_view::npos || space == 0 || space + 1 == value.size()) return std::nullopt;
  return PlanButton{.plan = std::string(value.substr(space + 1)), .hash = std::string(value.substr(0, space))};
}

}  // namespace capstan
