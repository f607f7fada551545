// Reads a template of Go's text/template language into a tree.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "detect/template_ast.h"

namespace capstan::detect {

// `define`, `template` and `block` are refused as unsupported: nothing defines templates here. Unknown functions and
// variables are errors with a suggestion. Errors carry line and column within the text.
Result<std::vector<TemplateNode>> parse_template(std::string_view text);

}  // namespace capstan::detect
