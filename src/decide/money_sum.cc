#include "decide/money_sum.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace capstan::decide {
namespace {

constexpr double kMost = 1e12;  // Of any currency: what is above is a mistake.

}  // namespace

Result<MoneySum> parse_sum(std::string_view text) {
  const size_t space = text.find(' ');
  MoneySum sum;
  const std::string_view number = text.substr(0, space);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), sum.amount);
  const bool is_number = error == std::errc() && end == number.data() + number.size() && sum.amount >= 0 &&
                         sum.amount <= kMost;  // Not a number compares as false.
  if (space != std::string_view::npos)
    sum.currency = text.substr(std::min(text.find_first_not_of(' ', space), text.size()));
  const bool is_currency =
      sum.currency.size() == 3 && std::ranges::all_of(sum.currency, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!is_number || !is_currency)
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no sum of money, like 20 USD", text));
  return sum;
}

}  // namespace capstan::decide
