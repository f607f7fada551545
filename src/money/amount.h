// Money over time, added up without rounding: a rate is whole billionths of a currency an hour, a time whole
// milliseconds, and their product is kept as it is. So parts add up to their whole to the last digit.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace capstan::money {

using Rate = int64_t;  // Billionths of the currency, an hour.

inline constexpr double kRatesPerUnit = 1e9;
// A million of any currency an hour: what is above is a mistake, and would not fit.
inline constexpr double kHighestRate = 1e6;

// Nothing for what is no rate: not a number, below zero, above the highest.
std::optional<Rate> rate_of(double per_hour);
inline double per_hour(Rate rate) { return static_cast<double>(rate) / kRatesPerUnit; }

class Amount {
 public:
  constexpr Amount() = default;
  static constexpr Amount of(Rate rate, Duration time) { return Amount(static_cast<Wide>(rate) * time.count()); }

  Amount& operator+=(Amount other) {
    value_ += other.value_;
    return *this;
  }
  friend Amount operator+(Amount a, Amount b) { return a += b; }
  friend Amount operator-(Amount a, Amount b) { return Amount(a.value_ - b.value_); }
  auto operator<=>(const Amount&) const = default;

  // In the currency.
  double units() const;

 private:
  __extension__ using Wide = __int128;  // A million an hour for a thousand years takes 85 bits.
  explicit constexpr Amount(Wide value) : value_(value) {}

  Wide value_ = 0;
};

}  // namespace capstan::money
