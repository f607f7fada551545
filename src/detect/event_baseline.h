// Whether a count is more than a stream's own past lets expect.
#pragma once

#include "base/time.h"

namespace capstan::detect {

// Remembers how many events a stream had in how much time, the recent past counting more.
class EventBaseline {
 public:
  // The past halves its weight in this time.
  static constexpr Duration kHalfLife{2 * 3'600'000};

  void add(double events, Duration during);
  // Events in `window` that are usual.
  double expected(Duration window) const;
  // The probability of at least `count` events in `window` if nothing changed: the tail of the negative binomial
  // distribution that follows from a gamma belief about the rate. Little past, or a bursty one, makes it wider.
  double tail(double count, Duration window) const;

 private:
  double events_ = 0;
  double seconds_ = 0;
};

}  // namespace capstan::detect
