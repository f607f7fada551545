// Which types of resources an API server has: its own, those of custom definitions, those of servers behind it.
// Source: kubernetes.io, "Kubernetes API Concepts": API discovery.
#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "connect/kubernetes/api_transport.h"
#include "connect/kubernetes/resource_type.h"

namespace capstan::kubernetes {

struct Discovered {
  // Each type once, in the version its group prefers among those that have it. Sorted by group and name.
  std::vector<ResourceType> types;
  // Groups that could not be asked, such as those of a server that is down. What was known of them is in `types`.
  std::vector<Error> problems;
  bool changed = true;  // Anything differs from the look before.
};

// Not thread-safe.
class Discovery {
 public:
  explicit Discovery(ApiTransport& transport) : transport_(transport) {}

  // Costs two small requests when nothing has changed; where the server is older than 1.26, one for each version of a
  // group. To be called every half minute, and when definitions or API services change.
  Result<Discovered> look(const std::stop_token& stop = {});

 private:
  // What one of the two roots, /api and /apis, answered the last time.
  struct Root {
    std::string etag;
    std::vector<ResourceType> types;  // Of every version, the preferred first.
    std::vector<std::string> problems;
  };
  Status look_at(const std::string& path, Root& root, const std::stop_token& stop);
  Status read_old_root(const std::string& path, const Json& body, Root& root, const std::stop_token& stop);
  void read_old_version(const std::string& api_version, const std::vector<ResourceType>& before, Root& root,
                        const std::stop_token& stop);

  ApiTransport& transport_;
  Root core_;
  Root groups_;
  Discovered last_;
};

}  // namespace capstan::kubernetes
