// What differs between two texts, as `git apply` and `patch` take it.
#pragma once

#include <string>
#include <string_view>

namespace capstan::drift {

// A unified diff with three lines around each change; "" for equal texts. With an empty text after, the file is gone.
// Method: Myers, "An O(ND) Difference Algorithm", 1986; of texts that differ in very much all between the first and
// the last difference is one change.
std::string unified_diff(std::string_view path, std::string_view before, std::string_view after);

}  // namespace capstan::drift
