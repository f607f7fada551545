// A sum of money as people write it: "20 USD".
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace capstan::decide {

struct MoneySum {
  double amount = 0;
  std::string currency;  // Three capital letters.
};

// From 0 to 1e12. kInvalidArgument for what is none.
Result<MoneySum> parse_sum(std::string_view text);

}  // namespace capstan::decide
