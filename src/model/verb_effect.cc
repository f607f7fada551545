#include "model/verb_effect.h"

namespace capstan {

std::string parameter_of(const Json& value) {
  const std::string& text = value.string_or_empty();
  const bool is_place = text.size() > 4 && text.starts_with("{{") && text.ends_with("}}");
  return is_place ? text.substr(2, text.size() - 4) : "";
}

VerbEffect::Columns filled(const VerbEffect::Columns& columns, const Json& parameters) {
  VerbEffect::Columns all = columns;
  for (auto& [name, value] : all) {
    if (const std::string parameter = parameter_of(value); !parameter.empty()) value = parameters[parameter];
  }
  return all;
}

}  // namespace capstan
