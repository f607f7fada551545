// What an application of Argo CD does about the replicas of one object, and how it is told to let go of them: a rule in
// its ignoreDifferences that names the object, and the sync option that has it respected when it syncs, too.
// Source: argo-cd.readthedocs.io, "Diffing Customization", "Sync Options", "Automated Sync Policy".
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "connect/kubernetes/resource_type.h"

namespace capstan::kubernetes {

// An object as Argo CD names it.
struct SyncedObject {
  std::string group;
  std::string kind;
  ObjectName name;

  // "apps/Deployment/shop/web"
  std::string id() const;
};

// All are functions of the application as it was read, with metadata.managedFields.

// Whether it is among the objects that the application says it has.
bool has_object(const Json& application, const SyncedObject& object);

// Whether it puts back by itself what somebody else has set.
bool heals_replicas(const Json& application, const SyncedObject& object);

// Whether Capstan has paused it for this object.
bool is_paused_for(const Json& application, const SyncedObject& object);

// Why it cannot be paused without more than that, or without somebody else taking it back; "" where it can.
std::string obstacle_to_pause(const Json& application);

// Merge patches that hold only for the version that was read; nothing where there is nothing to do. The second takes
// out what the first has put in, as far as it is still there. Each also takes out what was put in for objects that the
// application has no more: whoever was deleted while it was stopped is never started.
std::optional<Json> pausing_patch(const Json& application, const SyncedObject& object);
std::optional<Json> resuming_patch(const Json& application, const SyncedObject& object);

// Whether Argo CD has compared the application under the rule.
bool has_noticed_pause(const Json& application, const SyncedObject& object);

}  // namespace capstan::kubernetes
