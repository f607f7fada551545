// What GitOps tools in a cluster say of where its objects come from.
#pragma once

#include <map>
#include <string>

#include "base/json.h"
#include "catalog/catalog_reader.h"

namespace capstan::loop {

// Reads the applications of Argo CD and the Kustomizations of Flux once.
class DriftHints {
 public:
  explicit DriftHints(const catalog::CatalogReader& catalog);

  // "application shop, repository https://…, path deploy"; "" where nobody says so.
  std::string defined_by(const Json& object) const;

 private:
  std::map<std::string, std::string> said_;  // By the tool's mark on objects: "argo/shop", "flux/flux-system/shop".
};

}  // namespace capstan::loop
