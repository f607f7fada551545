// A person's approval of what policies do, given once and for good: "whatever keeps this account as it was issued".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "model/resource.h"

namespace capstan {

struct PolicyVersion {
  std::string policy;
  std::string version;  // A policy that was changed is another one: nobody has approved of it yet.
  bool operator==(const PolicyVersion&) const = default;
};

// What is approved.
struct Grant {
  std::vector<PolicyVersion> policies;
  std::vector<ResourceId> resources;  // With what belongs to them; empty: whatever the policies select.

  bool empty() const { return policies.empty(); }
  Json to_json() const;
  static Grant from_json(const Json& json);
};

struct StandingApproval {
  std::string id;  // "approval-plan-4a…", "approval-812"
  Grant grant;
  std::string plan;  // With which it was given; "" when it was given by itself.
  std::string by;
  Time at;
};

}  // namespace capstan
