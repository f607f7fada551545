#include "connect/host/verb_parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/suggest.h"

namespace capstan::host {
namespace {

bool has_type(const Json& value, ColumnType type) {
  switch (type) {
    case ColumnType::kText:
    case ColumnType::kTime: return value.is_string();
    case ColumnType::kInteger: return value.is_int();
    case ColumnType::kReal: return value.is_number();
    case ColumnType::kBoolean: return value.is_bool();
    case ColumnType::kJson: return true;
  }
  return false;
}

}  // namespace

Status check_parameters(const VerbSpec& spec, const Resource& target, const Json& parameters) {
  if (std::find(spec.target_kinds.begin(), spec.target_kinds.end(), target.kind) == spec.target_kinds.end()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{} cannot be done to a '{}'", spec.name, target.kind));
  }
  std::vector<std::string_view> names;
  for (const auto& parameter : spec.parameters) names.push_back(parameter.name);
  for (const auto& [name, value] : parameters.members()) {
    const auto known = std::find_if(spec.parameters.begin(), spec.parameters.end(),
                                    [&](const VerbSpec::Parameter& parameter) { return parameter.name == name; });
    if (known == spec.parameters.end()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} has no parameter '{}'{}", spec.name, name, did_you_mean(name, names)));
    }
    if (!has_type(value, known->type)) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: '{}' must be of type {}", spec.name, name, to_string(known->type)));
    }
  }
  for (const auto& parameter : spec.parameters) {
    if (parameter.required && !parameters.contains(parameter.name)) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} needs the parameter '{}': {}", spec.name, parameter.name, parameter.help));
    }
  }
  return {};
}

Result<Duration> duration_parameter(const Json& parameters, std::string_view name, Duration otherwise, Duration most) {
  if (!parameters.contains(name)) return otherwise;
  const Duration value =
      TRY(during(fmt::format("parameter '{}'", name), parse_duration(parameters[name].string_or_empty())));
  if (value < Duration(0) || value > most) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("parameter '{}' must be at most {}", name, format_duration(most)));
  }
  return value;
}

Performed failed(std::string says) {
  return {.state = ActionState::kFailed, .says = std::move(says), .result = Json::object()};
}

Performed succeeded(std::string says, Json result) {
  return {.state = ActionState::kSucceeded, .says = std::move(says), .result = std::move(result)};
}

}  // namespace capstan::host
