// Cuts a template into text and the words between {{ and }}, with trim markers and comments already applied.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "detect/template_ast.h"

namespace capstan::detect {

struct TemplateToken {
  enum class Kind {
    kText,      // Between actions.
    kOpen,      // {{
    kClose,     // }}
    kWord,      // An identifier: if, range, printf, true.
    kVariable,  // $x or $
    kField,     // .x, or "." alone for the dot
    kString,    // Its content, escapes resolved.
    kNumber,
    kSymbol,  // | ( ) , := =
  };
  Kind kind = Kind::kText;
  std::string text;
  bool after_space = false;  // A field after a space is an operand of its own; without, it belongs to what is before.
  TemplatePosition position;
};

// Errors carry line and column within the text.
Result<std::vector<TemplateToken>> lex_template(std::string_view text);

}  // namespace capstan::detect
