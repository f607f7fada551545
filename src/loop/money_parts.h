// What answers about money share: what belongs to what, who was watched when, which price held.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/resource.h"
#include "money/histories.h"
#include "money/past.h"
#include "money/spans.h"

namespace capstan::loop {

using money::Spans;

inline constexpr std::string_view kBelongsTo = "belongs_to";

// What resources belong to in the end.
class Accounts {
 public:
  explicit Accounts(std::map<ResourceId, ResourceId> owners) : owners_(std::move(owners)) {}

  // Itself, and what it belongs to, the nearest first.
  std::vector<ResourceId> chain(const ResourceId& id) const {
    std::vector<ResourceId> all = {id};
    for (auto up = owners_.find(id); up != owners_.end(); up = owners_.find(up->second)) {
      if (std::ranges::find(all, up->second) != all.end()) break;
      all.push_back(up->second);
    }
    return all;
  }

  // The first of these that is one of `asked`; "" for none.
  ResourceId nearest(const ResourceId& id, const std::set<ResourceId>& asked) const {
    const std::vector<ResourceId> all = chain(id);
    const auto found = std::ranges::find_if(all, [&](const ResourceId& each) { return asked.contains(each); });
    return found == all.end() ? "" : *found;
  }

  ResourceId of(const ResourceId& id) const {
    std::set<ResourceId> seen = {id};
    ResourceId at = id;
    for (auto up = owners_.find(at); up != owners_.end() && seen.insert(up->second).second; up = owners_.find(at))
      at = up->second;
    return at == id ? "" : at;
  }

 private:
  std::map<ResourceId, ResourceId> owners_;
};

// When each scope's resources were watched, worked out once a scope.
class Watched {
 public:
  Watched(const money::Past& past, const money::PricedWorld& world, Time now) : past_(past), world_(world), now_(now) {}

  const Spans& of(const money::PricedResource& resource) {
    const auto scope = world_.scopes.find(resource.id);
    const std::string name = scope == world_.scopes.end() ? "" : scope->second;
    const auto [found, is_new] = spans_.try_emplace({resource.kind, name});
    if (is_new) found->second = past_.observed(resource.kind, name, now_);
    return found->second;
  }

 private:
  const money::Past& past_;
  const money::PricedWorld& world_;
  Time now_;
  std::map<std::pair<std::string, std::string>, Spans> spans_;
};

// The newest price that held in the period.
inline const money::Price* price_in(const money::PricedResource& resource, Time from, Time to) {
  const money::Price* price = nullptr;
  for (const money::Stretch& each : resource.stretches) {
    if (each.price != nullptr && each.from < to && each.to > from) price = each.price;
  }
  return price;
}

}  // namespace capstan::loop
