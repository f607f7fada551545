// Answers about scaling: a snapshot of a cluster is taken from the picture, what autoscalers measured from the cluster
// itself, and the rest is simulated beside both.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/json.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "foresee/node_groups.h"
#include "foresee/scaling_report.h"
#include "loop/cluster_senses.h"
#include "loop/foresight.h"

namespace capstan::loop {

// Thread-safe.
class ScalingDesk {
 public:
  struct Parts {
    const Clock& clock;
    const catalog::Catalog& catalog;
    const ClusterSenses& clusters;
    Foresight& foresight;
  };
  explicit ScalingDesk(Parts parts) : parts_(parts) {}

  void set_groups(foresee::NodeGroupSettings groups);
  // Of one autoscaler ("shop/web"), or with "" of everything.
  Result<Json> scaling(std::string_view cluster, std::string_view autoscaler) const;
  Result<Json> whatif(const Json& question) const;

 private:
  Result<foresee::ClusterObjects> snapshot(std::string_view cluster) const;
  // What they measured changes all the time, so it is not in the catalog.
  Status read_autoscalers(foresee::ClusterObjects& objects) const;
  Result<std::vector<foresee::ReplicaChange>> changes_of(const catalog::CatalogReader& catalog,
                                                         const std::string& autoscaler) const;
  foresee::NodeGroupSettings groups() const;

  const Parts parts_;
  Guarded<foresee::NodeGroupSettings> groups_;
};

}  // namespace capstan::loop
