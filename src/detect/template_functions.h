// The functions that templates can call: Go's own and those that Prometheus adds. One entry of a table each; to add
// one, write it beside its like and name it in the table.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "detect/template.h"
#include "detect/template_value.h"

namespace capstan::detect {

std::vector<std::string_view> template_function_names();

// Calls a function of the table; a piped value is the last argument. Errors have no position.
Result<TemplateValue> call_template_function(std::string_view name, std::vector<TemplateValue> arguments,
                                             const TemplateData& data, const TemplateWorld& world);

}  // namespace capstan::detect
