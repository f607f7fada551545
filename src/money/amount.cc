#include "money/amount.h"

#include <cmath>

namespace capstan::money {

std::optional<Rate> rate_of(double per_hour) {
  if (!std::isfinite(per_hour) || per_hour < 0 || per_hour > kHighestRate) return std::nullopt;
  return std::llround(per_hour * kRatesPerUnit);
}

double Amount::units() const {
  constexpr double kMillisecondsPerHour = 3'600'000;
  return static_cast<double>(value_) / kRatesPerUnit / kMillisecondsPerHour;
}

}  // namespace capstan::money
