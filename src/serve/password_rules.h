// Which names and passwords are accepted.
#pragma once

#include <string_view>

#include "base/result.h"

namespace capstan::serve {

// Users and tokens: 1 to 64 of a-z, 0-9, '.', '_', '-', beginning with a letter or a digit. `what` names it in errors.
Status check_name(std::string_view what, std::string_view name);

// At least 12 characters (not bytes), at most 1,024 bytes, and not the user's own name, once or repeated. Length is
// what resists guessing; rules about kinds of characters only make passwords harder to remember (NIST SP
// 800-63B, 5.1.1.2).
Status check_password(std::string_view user, std::string_view password);

}  // namespace capstan::serve
