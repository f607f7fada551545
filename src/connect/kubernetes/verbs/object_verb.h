// What all that can be done to objects of a cluster share: whether it may be done, and which object it is done to.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connect/kubernetes/cluster_contact.h"
#include "model/resource.h"
#include "model/verb.h"

namespace capstan::kubernetes {

// How verbs get at clusters, and what the settings let them do there. Called from workers.
struct ClusterReach {
  std::vector<KindSpec> kinds;  // Which resources are which objects.
  // Of a cluster as ids name it. kNotFound where it is not watched.
  std::function<Result<std::shared_ptr<const ClusterContact>>(std::string_view cluster)> contact;
  // Whether `kubernetes: {allow: …}` has a verb, without what stands before the dot: "scale".
  std::function<bool(std::string_view verb)> allows;
  // How long a cluster that is not known yet is waited for: after a start actions are asked about before it has been
  // looked at.
  Duration patience{15'000};
};

class ObjectVerb : public Verb {
 public:
  const VerbSpec& spec() const final { return spec_; }
  Status check(const Resource& target, const Json& parameters) const override;
  // Of those that cannot be undone.
  Performed undo(const Action& action, const Resource& target, const Json& before,
                 const std::stop_token& stop) override;

 protected:
  // An object in its cluster, as a resource of the catalog names it.
  struct Object {
    std::shared_ptr<const ClusterContact> contact;
    ResourceType type;
    ObjectName name;

    Result<Json> get(const std::stop_token& stop = {}) const { return contact->client.get(type, name, "", stop); }
  };

  // `reach` must outlive this.
  ObjectVerb(VerbSpec spec, const ClusterReach& reach) : spec_(std::move(spec)), reach_(reach) {}

  // kFailedPrecondition for a resource that is no object of a cluster, kUnavailable where its cluster is not known.
  Result<Object> find(const Resource& target, const std::stop_token& stop = {}) const;
  // The same, and the object as it is. kNotFound when it is another of the same name by now.
  Result<Json> read(const Object& object, const Json& before, const std::stop_token& stop = {}) const;

  // Null for a resource that is no object.
  const KindSpec* kind_of(const Resource& target) const;

  // How long others are given to take notice.
  Duration patience() const { return reach_.patience; }

  VerbSpec spec_;

 private:
  Result<Object> find_now(const Resource& target) const;

  const ClusterReach& reach_;
};

// What tells an object from a later one of the same name, for `read`.
Json identity(const Json& object);

}  // namespace capstan::kubernetes
