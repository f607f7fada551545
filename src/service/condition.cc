#include "service/condition.h"

#include <fmt/format.h>

namespace capstan::service {
namespace {

bool is_so(const Json& found, const Json& wanted) {
  if (wanted.is_null()) return found.is_null();
  if (wanted == Json("*")) return !found.is_null();
  if (found == wanted) return true;
  // 1 and "1": what a path or a form brings is text.
  return found.is_number() && wanted.is_string() && found.dump() == wanted.string_or_empty();
}

}  // namespace

Result<JsonPath> parse_place(std::string_view text) {
  if (!text.starts_with('$')) return JsonPath::parse(text);
  std::string path = "answer.body";
  path += text.substr(1);
  return JsonPath::parse(path);
}

Result<Condition> Condition::read(const ConfigNode& node, std::string_view what) {
  Condition condition;
  if (!node.is_map() || node.members.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' must be a map of places and values, like {{ $.status: RUNNING }}; found {}", what,
                            node.describe()),
                node.where);
  }
  for (const ConfigMember& member : node.members) {
    Clause clause;
    Result<JsonPath> place = parse_place(member.key.scalar);
    if (!place) return fail(place.error().code, place.error().message, member.key.where);
    clause.place = std::move(*place);
    const Json value = member.value.to_json();
    if (value.is_object())
      return fail(ErrorCode::kInvalidArgument, "a condition compares with a value or a list of values",
                  member.value.where);
    if (const Status checked = check_templates(value); !checked)
      return fail(checked.error().code, checked.error().message, member.value.where);
    clause.values = value.is_array() ? value.items() : Json::Array{value};
    condition.says_ +=
        fmt::format("{}{} is {}", condition.says_.empty() ? "" : " and ", member.key.scalar, value.dump());
    condition.clauses_.push_back(std::move(clause));
  }
  return condition;
}

Result<bool> Condition::holds(const Json& values, const Json* secrets, const Scope& scope) const {
  for (const Clause& clause : clauses_) {
    Json found = secrets ? clause.place.read(*secrets) : Json();
    if (found.is_null()) found = clause.place.read(values);
    bool any = false;
    for (const Json& value : clause.values) any = any || is_so(found, TRY(fill_templates(value, scope)));
    if (!any) return false;
  }
  return true;
}

}  // namespace capstan::service
