// SQL that people write as a part of a larger statement: the `where` of a selection, the `so` of a condition.
#pragma once

#include <string_view>

#include "base/result.h"

namespace capstan::catalog {

// Whether a text can stand between brackets of a larger statement without changing anything around it: its own brackets
// and quotes are closed in their order, no comment reaches beyond its end, and it neither ends a statement nor has
// parameters (SQLite takes brackets and quotes behind a parameter's name for a part of it). So `1) OR (1` or `1 --`
// never widens a guard. kInvalidArgument, with line and column within the text; whether it is SQL at all is not asked.
Status check_fragment(std::string_view sql);

}  // namespace capstan::catalog
