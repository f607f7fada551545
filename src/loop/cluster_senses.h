// The Kubernetes clusters that are kept in view.
#pragma once

#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "connect/kubernetes/cluster_contact.h"
#include "connect/kubernetes/kubeconfig.h"
#include "loop/cluster_sink.h"
#include "model/resource.h"
#include "schema/object_schemas.h"

namespace capstan::loop {

// The settings' `kubernetes:`.
struct KubernetesSettings {
  bool enabled = false;
  std::vector<std::string> kubeconfig;       // Files; none: those that kubectl would read.
  std::vector<std::string> contexts;         // None: the current one.
  bool in_cluster = false;                   // As the service account of the pod that Capstan runs in.
  std::set<std::string, std::less<>> allow;  // What may be done to them: "scale". None: nothing is changed.
  Where at;

  bool operator==(const KubernetesSettings&) const = default;
};

// Thread-safe.
class ClusterSenses {
 public:
  ClusterSenses(ClusterSink::Parts parts, Random& random, kubernetes::Environment environment);
  ~ClusterSenses();

  // Puts settings and kinds in force: where they differ from before, the clusters are looked at anew. Gives what is
  // wrong with single clusters; the others are watched.
  std::vector<Error> apply(const KubernetesSettings& settings, const std::vector<KindSpec>& kinds);
  void stop();

  // The schemas of a cluster's kinds, for objects of these API versions; "" is the only cluster. Waits for the API
  // server. Nothing for a cluster that is not watched.
  Result<std::shared_ptr<const schema::ObjectSchemas>> schemas(const std::string& cluster,
                                                               const std::vector<std::string>& api_versions) const;
  // Of a cluster as ids name it; "" for the only one there is. kNotFound where it is not watched. Good until released,
  // also when the cluster is no longer wanted.
  Result<std::shared_ptr<const kubernetes::ClusterContact>> contact(std::string_view cluster) const;
  std::vector<std::string> names() const;
  // The kubeconfig files that were read, or were to be.
  std::vector<std::filesystem::path> files() const;
  // Whether the settings let a verb be used, without its "kubernetes.": "scale".
  bool allows(std::string_view verb) const;
  // Whether the clusters have been begun anew since this was last asked.
  bool take_begun();

 private:
  class Cluster;
  std::vector<std::filesystem::path> files_of(const KubernetesSettings& settings) const;
  Result<std::vector<kubernetes::ClusterAccess>> accesses(const KubernetesSettings& settings,
                                                          std::vector<Error>& problems) const;

  const ClusterSink::Parts parts_;
  Random& random_;
  const kubernetes::Environment environment_;
  mutable std::mutex mutex_;
  KubernetesSettings settings_;  // Without `allow`, which needs no new look at the clusters.
  std::set<std::string, std::less<>> allowed_;
  std::string kinds_;  // What of the kinds matters here, as text.
  std::vector<Error> problems_;
  bool begun_ = false;
  std::vector<std::shared_ptr<Cluster>> clusters_;
  std::vector<std::future<void>>
      ending_;  // Clusters that are no longer wanted; their last looks may wait for the loop.
};

}  // namespace capstan::loop
