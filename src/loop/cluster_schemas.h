// The schemas of one cluster's kinds, asked of its API server when a check needs them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/http_client.h"
#include "base/result.h"
#include "connect/kubernetes/open_api_documents.h"
#include "schema/object_schemas.h"

namespace capstan::loop {

// Thread-safe. What was read is kept as long as the server's index gives the same address for it, up to a limit of
// memory; so a definition that changes is read anew by the next check.
class ClusterSchemas {
 public:
  explicit ClusterSchemas(kubernetes::OpenApiDocuments& documents) : documents_(documents) {}

  // With all that is needed for objects of these API versions.
  Result<std::shared_ptr<const schema::ObjectSchemas>> of(const std::vector<std::string>& api_versions);

 private:
  struct Kept {
    std::string address;
    std::shared_ptr<const schema::OpenApi> document;
    size_t bytes = 0;  // Of its text.
    uint64_t last_use = 0;
  };
  Result<std::shared_ptr<const schema::OpenApi>> document_of(const std::string& version, const std::string& address);
  // Those that were longest not used.
  void forget_some();

  kubernetes::OpenApiDocuments& documents_;
  std::mutex mutex_;  // Held while asking, too: two checks at once need the same.
  std::map<std::string, Kept> kept_;
  uint64_t uses_ = 0;
};

}  // namespace capstan::loop
