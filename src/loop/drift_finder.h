// Compares manifests with the cluster that they should define: asks the API server what it would make of them where it
// can be asked, and the catalog else.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog_reader.h"
#include "drift/drift_report.h"
#include "foresee/object_documents.h"
#include "loop/cluster_senses.h"
#include "loop/foresight.h"

namespace capstan::loop {

struct DriftOptions {
  std::string cluster;            // "" for the only one.
  std::string space = "default";  // The namespace of objects that name none.
  // Which objects of the cluster should be in a manifest: a label selector, which also takes annotations that tools
  // track objects by; "" for none.
  std::string prune;
  bool check = false;  // Also what making the cluster as stated would break.
};

// An object as it may be shown: with masks for the values of a Secret, and for what belongs into one.
Json without_secrets(Json object);

// Thread-safe.
class DriftFinder {
 public:
  struct Parts {
    const ClusterSenses* clusters = nullptr;
    std::function<Result<catalog::CatalogReader>()> catalog;
    Foresight* foresight = nullptr;  // None: nothing is checked.
  };
  explicit DriftFinder(Parts parts) : parts_(std::move(parts)) {}

  Result<drift::DriftReport> find(std::span<const foresee::ObjectDocument> documents, const DriftOptions& options,
                                  const std::stop_token& stop = {}) const;
  // The ids that the catalog has for objects of manifests.
  Result<std::vector<ResourceId>> ids(std::span<const foresee::ObjectDocument> documents,
                                      const DriftOptions& options) const;

 private:
  Result<std::string> cluster_of(const std::string& wanted) const;
  Result<std::shared_ptr<const kubernetes::ClusterContact>> contact_with(const std::string& cluster) const;

  Parts parts_;
};

}  // namespace capstan::loop
