#include "foresee/replica_count.h"

#include <algorithm>
#include <cmath>

#include "model/quantity.h"

namespace capstan::foresee {
namespace {

constexpr double kTolerance = 0.1;
constexpr int64_t kLeastStepUp = 4;  // Pods within 15 seconds, where no policy is set; or as many as there are.
constexpr int64_t kDefaultPeriodSeconds = 15;
constexpr int64_t kDownWindowSeconds = 300;

bool is_near(double ratio, const Tolerance& tolerance) {
  return ratio > 1 - tolerance.down - 1e-9 && ratio < 1 + tolerance.up + 1e-9;
}

// 0.1 + 0.2 must not make one pod more.
int64_t round_up(double value) { return static_cast<int64_t>(std::ceil(value - 1e-9)); }

double tolerance_of(const Json& rules) {
  const Json& written = rules["tolerance"];
  if (written.is_number()) return written.number_or(kTolerance);
  return parse_quantity(written.string_or_empty()).value_or(kTolerance);
}

// By how much the number has gone up, or down, within a while.
int64_t moved_within(const std::vector<ReplicaChange>& changes, Time since, bool up) {
  int64_t sum = 0;
  for (const ReplicaChange& change : changes) {
    if (change.at > since && (change.to > change.from) == up) sum += std::abs(change.to - change.from);
  }
  return sum;
}

Json default_policies(bool up) {
  Json policies =
      Json::array({Json::object({{"type", "Percent"}, {"value", 100}, {"periodSeconds", kDefaultPeriodSeconds}})});
  if (up) {
    policies.push_back(
        Json::object({{"type", "Pods"}, {"value", kLeastStepUp}, {"periodSeconds", kDefaultPeriodSeconds}}));
  }
  return policies;
}

}  // namespace

Tolerance read_tolerance(const Json& behavior) {
  return {.up = tolerance_of(behavior["scaleUp"]), .down = tolerance_of(behavior["scaleDown"])};
}

int64_t replicas_by_ratio(double ratio, const MeasuredPods& pods, const Tolerance& tolerance) {
  const bool up = ratio > 1;
  const int64_t assumed = pods.missing + (up ? pods.unready : 0);
  if (assumed == 0)
    return is_near(ratio, tolerance) ? pods.current : round_up(ratio * static_cast<double>(pods.measured));
  // What is not known is assumed to speak against the change: it bears nothing when there is too much to bear, and all
  // it should when there is too little.
  const auto all = static_cast<double>(pods.measured + assumed);
  const double others = up ? 0 : static_cast<double>(pods.missing);
  const double careful = (ratio * static_cast<double>(pods.measured) + others) / all;
  if (is_near(careful, tolerance) || (careful > 1) != up) return pods.current;
  const int64_t count = round_up(careful * all);
  return (up ? count < pods.current : count > pods.current) ? pods.current : count;
}

int64_t replicas_by_total(double total, double each, int64_t current, const Tolerance& tolerance) {
  if (each <= 0) return current;
  const double ratio = current > 0 ? total / (each * static_cast<double>(current)) : 0;
  return current > 0 && is_near(ratio, tolerance) ? current : round_up(total / each);
}

ReplicaBounds bounds_by_policies(const Json& behavior, int64_t current, const std::vector<ReplicaChange>& changes,
                                 Time now) {
  const auto bound = [&](bool up) {
    const Json& rules = behavior[up ? "scaleUp" : "scaleDown"];
    const std::string& select = rules["selectPolicy"].string_or_empty();
    if (select == "Disabled") return current;
    const Json policies = rules["policies"].items().empty() ? default_policies(up) : rules["policies"];
    int64_t chosen = current;
    bool first = true;
    for (const Json& policy : policies.items()) {
      const Duration period = std::chrono::seconds(policy["periodSeconds"].int_or(kDefaultPeriodSeconds));
      const int64_t moved = moved_within(changes, now - period, up);
      const int64_t began = up ? current - moved : current + moved;
      const auto value = static_cast<double>(policy["value"].int_or(0));
      const bool by_share = policy["type"].string_or_empty() == "Percent";
      const double step = by_share ? static_cast<double>(began) * value / 100 : value;
      const int64_t limit = up ? round_up(static_cast<double>(began) + step)
                               : static_cast<int64_t>(std::floor(static_cast<double>(began) - step + 1e-9));
      // "Max" is the policy that allows the greatest change.
      const bool further = up ? limit > chosen : limit < chosen;
      if (first || further == (select != "Min")) chosen = limit;
      first = false;
    }
    return up ? std::max(chosen, current) : std::clamp<int64_t>(chosen, 0, current);
  };
  return {.least = bound(false), .most = bound(true)};
}

Duration stabilization_window(const Json& behavior, bool up) {
  const int64_t seconds =
      behavior[up ? "scaleUp" : "scaleDown"]["stabilizationWindowSeconds"].int_or(up ? 0 : kDownWindowSeconds);
  return std::chrono::seconds(seconds);
}

}  // namespace capstan::foresee
