#include "detect/template_functions.h"

#include <fmt/format.h>

#include <charconv>

#include "detect/template_function_table.h"

namespace capstan::detect {
namespace {

const TemplateFunction* find_function(std::string_view name) {
  for (const TemplateFunction& function : builtin_template_functions()) {
    if (function.name == name) return &function;
  }
  for (const TemplateFunction& function : metric_template_functions()) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

}  // namespace

std::vector<std::string_view> template_function_names() {
  std::vector<std::string_view> names;
  for (const TemplateFunction& function : builtin_template_functions()) names.push_back(function.name);
  for (const TemplateFunction& function : metric_template_functions()) names.push_back(function.name);
  return names;
}

Result<std::string> TemplateCall::text(size_t index) const {
  if (const auto* value = std::get_if<std::string>(&arguments[index].data)) return *value;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("argument {} must be a text, found {}", index + 1, arguments[index].type()));
}

Result<double> TemplateCall::number(size_t index) const {
  const TemplateValue& value = arguments[index];
  if (value.is_number()) return value.number();
  if (const auto* written = std::get_if<std::string>(&value.data)) {
    double number = 0;
    const char* end = written->data() + written->size();
    if (!written->empty() && std::from_chars(written->data(), end, number).ptr == end) return number;
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no number", written->substr(0, 60)));
  }
  return fail(ErrorCode::kInvalidArgument, fmt::format("can't convert {} to float", value.type()));
}

Result<TemplateValue> call_template_function(std::string_view name, std::vector<TemplateValue> arguments,
                                             const TemplateData& data, const TemplateWorld& world) {
  const TemplateFunction* function = find_function(name);
  if (!function) return fail(ErrorCode::kInvalidArgument, fmt::format("function '{}' is not known", name));
  if (arguments.size() < function->least || arguments.size() > function->most) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("wrong number of arguments: want {}{}, got {}", function->least,
                            function->most > function->least ? " or more" : "", arguments.size()));
  }
  return function->call({std::move(arguments), data, world});
}

}  // namespace capstan::detect
