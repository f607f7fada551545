// Who is meant by the names that metrics carry: what the catalog knows by name, and which service a workload is part
// of.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "model/labels.h"
#include "model/object_place.h"
#include "traffic/traffic_file.h"

namespace capstan::traffic {

// Somebody who calls or is called.
struct Service {
  ResourceId id;      // Of the catalog; "traffic/<cluster>/<namespace>/<name>" where it knows nothing of it.
  ObjectPlace place;  // Its name in any case.
  std::string kind;   // "" where the catalog knows nothing of it.
  bool known = false;
  bool named = true;  // False where nothing says who it is.
};

class Names {
 public:
  // `kinds` outlive it.
  Names(const TrafficBook& book, const std::vector<KindSpec>& kinds);

  // Everything that the catalog knows.
  void add(const Resource& resource);
  // In the order of `round`s: what an earlier one says of a resource counts.
  void add_service_of(size_t round, const ResourceId& id, const ResourceId& service);

  // The resource that stands for one in the graph: itself where nothing else is said.
  ResourceId shown_as(ResourceId id) const;
  Service service(const ResourceId& id) const;
  // Who a series says is at one end.
  Service at_end(const End& end, const std::vector<std::string>& unknown, const Labels& labels) const;

 private:
  struct Named {
    ResourceId id;
    ObjectPlace place;
  };
  ObjectPlace place_of(std::string_view kind, std::string_view id) const;
  std::string cluster_of(const End& end, const std::vector<std::string>& unknown, const Labels& labels) const;
  // The only one of these kinds with such a name there; "" in a place leaves it open.
  const Named* find(const std::vector<std::string>& kinds, const ObjectPlace& wanted) const;

  std::unordered_map<std::string_view, const KindSpec*> kinds_by_name_;
  std::set<std::string, std::less<>> named_kinds_;
  std::set<std::string, std::less<>> clusters_;
  std::unordered_set<ResourceId> known_;
  std::unordered_map<std::string, std::vector<Named>> by_name_;  // By kind and name.
  std::vector<std::unordered_map<ResourceId, ResourceId>> services_;
};

}  // namespace capstan::traffic
