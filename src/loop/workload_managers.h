// Who beside Capstan has a word in what a workload of Kubernetes is, as the catalog tells it; no cluster is asked.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "catalog/catalog_reader.h"

namespace capstan::loop {

struct WorkloadManagers {
  std::vector<std::string> scaled_by;   // "the autoscaler shop/web": sets how many replicas it has.
  std::vector<std::string> managed_by;  // "Argo CD's application argocd/shop": puts back what its manifests say.

  // The members of docs/reference/api.md, put into `answer`.
  void add_to(Json& answer) const;
};

// Nothing for what is no workload.
WorkloadManagers managers_of(const ResourceId& id, const catalog::CatalogReader& catalog);

}  // namespace capstan::loop
