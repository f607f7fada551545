// Why a horizontal pod autoscaler does or does not scale, from what it says, what it measures and what its pods are.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "foresee/cluster_objects.h"
#include "foresee/replica_count.h"

namespace capstan::foresee {

struct MetricView {
  std::string name;    // "cpu", "cpu of container main", "pods/requests_per_second"
  std::string target;  // "50%", "500m each"
  std::string now;     // The same of what is measured; "" where it is not known.
  std::optional<double> ratio;
  std::optional<int64_t> wants;
  std::string problem;  // Why it cannot be read, where that is plain from the objects.
};

struct AutoscalerView {
  std::string name;    // "shop/web"
  std::string target;  // "Deployment/web"
  int64_t current = 0;
  int64_t desired = 0;  // As its status says.
  int64_t min = 1;
  int64_t max = 0;
  std::vector<MetricView> metrics;
  std::optional<int64_t> wants;  // The most that a metric wants, before any bound.
  ReplicaBounds bounds;          // How far it may go at once.
  MeasuredPods pods;
  std::vector<ReplicaChange> changes;  // Newest first.
  Json conditions;
  std::string says;    // Why, in a sentence.
  std::string remedy;  // What would make it; "" where all is as it should be.
  bool is_wrong = false;
};

// With the metrics that its status has; those are known only of an object that was just read.
AutoscalerView explain_autoscaler(const Json& scaler, const ClusterObjects& objects, std::vector<ReplicaChange> changes,
                                  Time now);

}  // namespace capstan::foresee
