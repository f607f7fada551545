// Patterns of texts as SQL's LIKE has them: % is anything, also nothing.
#pragma once

#include <string_view>

namespace capstan {

// Without regard to the case of ASCII letters; every other character, also _, stands for itself.
bool matches_like(std::string_view pattern, std::string_view text);

}  // namespace capstan
