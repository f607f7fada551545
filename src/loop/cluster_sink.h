// What a cluster's reflectors tell, as looks for the loop.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "connect/kubernetes/cluster_watch.h"
#include "model/object_mapping.h"
#include "model/resource.h"

namespace capstan::loop {

// Called by several workers at once.
class ClusterSink final : public kubernetes::ClusterSink {
 public:
  struct Parts {
    const Clock& clock;
    std::function<void(Observation)> observed;  // May wait for room.
    std::function<void(std::string source, std::string error)> report;
    // Once, after all that was observed by then: each type has been listed, or cannot be.
    std::function<void(std::string cluster)> seen = [](const std::string&) {};
  };
  // The cluster's name is part of all ids; a slash in it would look like another part.
  ClusterSink(std::string cluster, const std::vector<KindSpec>& kinds, Parts parts);

  const std::string& cluster() const { return cluster_; }
  // Of those that are reflected.
  std::optional<kubernetes::ResourceType> type_of(std::string_view group, std::string_view kind);

  void types(const std::vector<kubernetes::ResourceType>& types, const std::vector<Error>& problems) override;
  void reachable(Status state) override;
  void listing(const kubernetes::ResourceType& type) override;
  void page(const kubernetes::ResourceType& type, std::vector<Json> objects) override;
  void listed(const kubernetes::ResourceType& type) override;
  void changed(const kubernetes::ResourceType& type, Json object) override;
  void deleted(const kubernetes::ResourceType& type, Json object) override;
  void state(const kubernetes::ResourceType& type, Status state) override;

 private:
  Observation look() const;
  // Nothing, and told, for an object that cannot be taken.
  std::optional<Resource> read(const kubernetes::ResourceType& type, Json object);
  // Nothing more is to come first of a type, or of the cluster.
  void note_listed(const std::string& type);
  void note_seen();
  // How the ids of a type's objects begin; "" for a type of no kind.
  std::string prefix(const kubernetes::ResourceType& type) const;
  std::string source(const kubernetes::ResourceType& type) const;

  const std::string cluster_;
  const ObjectMapping mapping_;
  const Parts parts_;
  std::mutex mutex_;
  std::vector<kubernetes::ResourceType> types_;
  std::optional<std::set<std::string>> unlisted_;  // By name; nothing until the types are known.
  bool seen_ = false;
  std::unordered_map<std::string, std::vector<ResourceId>> listings_;  // By type: what the list under way has had.
  std::unordered_map<std::string, std::string> prefixes_;              // Of the types that are reflected, by name.
};

}  // namespace capstan::loop
