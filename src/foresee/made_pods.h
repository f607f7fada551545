// The pods that workloads make, as the API server would take them in: with the defaults of limit ranges, and not beyond
// what quotas and limit ranges allow.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "foresee/cluster_objects.h"
#include "foresee/pod_shape.h"

namespace capstan::foresee {

inline constexpr std::string_view kWorkloadTypes[] = {"Deployment", "StatefulSet",           "DaemonSet",
                                                      "ReplicaSet", "ReplicationController", "Job"};

// How many pods it wants; 1 where it says nothing.
int64_t wanted_replicas(const Json& workload);
// A pod as the workload makes it, with this name; limit ranges fill in what it does not say.
Json make_pod(const Json& workload, std::string name, const ClusterObjects& objects);
// The pods of a workload that have not ended and are not being deleted, also those of a deployment's replica sets.
std::vector<const Json*> pods_of(const Json& workload, const ClusterObjects& objects);

// What the namespaces' quotas still allow.
class QuotaBook {
 public:
  explicit QuotaBook(const ClusterObjects& objects);

  // Counts the pod in, or says which limit forbids it and by what figures; "" when nothing does.
  std::string admit(const Json& pod);
  void release(const Json& pod);

 private:
  struct Quota {
    std::string space;
    std::string name;
    std::vector<std::pair<std::string, int64_t>> hard;  // By names as "requests.cpu".
    std::map<std::string, int64_t> used;
  };
  std::map<std::string, int64_t> counted(const Json& pod);
  std::string above_limit_range(const Json& pod);

  const ClusterObjects& objects_;
  ResourceNames names_;
  std::vector<Quota> quotas_;
};

}  // namespace capstan::foresee
