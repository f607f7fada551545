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

namespace {
constexpr std::string_view kFrozen = "field.frozen";
constexpr std::string_view kLift = "plan.lift";
}  // namespace

void add_frozen(Draft& draft, std::string_view plan, const Words& says, std::string_view freeze) {
  if (says.empty()) return;
  draft.fields.emplace_back(Words::phrase(kFrozen), says);
  if (!freeze.empty()) draft.lines.push_back(Words::phrase(kLift, {{"freeze", freeze}, {"plan", plan}}));
}

void remove_frozen(Draft& draft) {
  std::erase_if(draft.fields, [](const auto& field) { return field.first.key() == kFrozen; });
  std::erase_if(draft.lines, [](const Words& line) { return line.key() == kLift; });
}

}  // namespace capstan
