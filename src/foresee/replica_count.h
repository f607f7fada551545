// How many replicas a horizontal pod autoscaler wants, by its documented algorithm (kubernetes.io, "Horizontal Pod
// Autoscaling": "Algorithm details", "Configurable scaling behavior").
#pragma once

#include <cstdint>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace capstan::foresee {

// The pods that a metric is about.
struct MeasuredPods {
  int64_t current = 0;  // Replicas, as the target's scale says.
  int64_t measured = 0;
  int64_t unready = 0;  // Do not count as measured; they may be starting.
  int64_t missing = 0;  // Have no value.
};

struct Tolerance {
  double up = 0.1;
  double down = 0.1;
};
// As `behavior` sets it; a tenth where it does not.
Tolerance read_tolerance(const Json& behavior);

// `ratio` is current value to target, over the pods that are measured.
int64_t replicas_by_ratio(double ratio, const MeasuredPods& pods, const Tolerance& tolerance);
// Of a value for all pods together, with what each is to bear.
int64_t replicas_by_total(double total, double each, int64_t current, const Tolerance& tolerance);

struct ReplicaChange {
  Time at;
  int64_t from = 0;
  int64_t to = 0;
};

// How far `behavior` lets the number go now, after these changes.
struct ReplicaBounds {
  int64_t least = 0;
  int64_t most = 0;
};
ReplicaBounds bounds_by_policies(const Json& behavior, int64_t current, const std::vector<ReplicaChange>& changes,
                                 Time now);
// For how long a lower, or a higher, number must have been wanted.
Duration stabilization_window(const Json& behavior, bool up);

}  // namespace capstan::foresee
