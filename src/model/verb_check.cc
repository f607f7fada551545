#include "model/verb_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/suggest.h"

namespace capstan {
namespace {

bool fits(ColumnType type, const Json& value) {
  switch (type) {
    case ColumnType::kText: return value.is_string() || value.is_number() || value.is_bool();
    case ColumnType::kInteger: return value.is_int();
    case ColumnType::kReal: return value.is_number();
    case ColumnType::kBoolean: return value.is_bool();
    case ColumnType::kTime: return value.is_string() && parse_time(value.string_or_empty()).has_value();
    case ColumnType::kJson: return true;
  }
  return false;
}

}  // namespace

Status check_parameters(const VerbSpec& verb, const Json& parameters) {
  std::vector<std::string_view> known;
  for (const VerbSpec::Parameter& parameter : verb.parameters) known.push_back(parameter.name);
  for (const auto& [name, value] : parameters.members()) {
    const auto declared = std::ranges::find(verb.parameters, name, &VerbSpec::Parameter::name);
    if (declared == verb.parameters.end()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' has no parameter '{}'{}", verb.name, name, did_you_mean(name, known)));
    }
    if (!fits(declared->type, value)) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' of '{}' must be of type {}, found {}", name, verb.name,
                                                           to_string(declared->type), value.dump()));
    }
  }
  for (const VerbSpec::Parameter& parameter : verb.parameters) {
    if (parameter.required && !parameters.contains(parameter.name)) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' needs the parameter '{}'", verb.name, parameter.name));
    }
  }
  return {};
}

Status check_target_kind(const VerbSpec& verb, std::string_view kind) {
  if (std::ranges::find(verb.target_kinds, kind) != verb.target_kinds.end()) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("'{}' cannot act on a {}, only on {}", verb.name, kind, fmt::join(verb.target_kinds, ", ")));
}

Status check_request(const VerbSpec& verb, const Resource& target, const Json& parameters) {
  TRY(check_target_kind(verb, target.kind));
  return check_parameters(verb, parameters);
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

}  // namespace capstan
