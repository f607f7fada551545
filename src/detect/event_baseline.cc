#include "detect/event_baseline.h"

#include <algorithm>
#include <cmath>

namespace capstan::detect {
namespace {

// Before anything is known: an event a minute, believed as much as one minute of watching would be.
constexpr double kPriorEvents = 1;
constexpr double kPriorSeconds = 60;
// Logs are burstier than independent events: no past makes the belief sharper than this many events would.
constexpr double kSharpest = 20;

}  // namespace

void EventBaseline::add(double events, Duration during) {
  const double seconds = to_seconds(during);
  const double keep = std::exp2(-seconds / to_seconds(kHalfLife));
  events_ = events_ * keep + events;
  seconds_ = seconds_ * keep + seconds;
}

double EventBaseline::expected(Duration window) const {
  return (events_ + kPriorEvents) / (seconds_ + kPriorSeconds) * to_seconds(window);
}

double EventBaseline::tail(double count, Duration window) const {
  const double mean = expected(window);
  if (count <= mean) return 1;
  const double shape = std::min(events_ + kPriorEvents, kSharpest);
  const double p = shape / (shape + mean);
  // log P(X = k) = lgamma(k + r) - lgamma(r) - lgamma(k + 1) + r log p + k log(1 - p); terms fall fast beyond the mean.
  double term = std::exp(std::lgamma(count + shape) - std::lgamma(shape) - std::lgamma(count + 1) +
                         shape * std::log(p) + count * std::log1p(-p));
  double sum = 0;
  for (int i = 0; i < 1'000 && (i == 0 || term > sum * 1e-9); ++i) {
    sum += term;
    term *= (count + i + shape) / (count + i + 1) * (1 - p);
  }
  return std::min(sum, 1.0);
}

}  // namespace capstan::detect
