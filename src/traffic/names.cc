#include "traffic/names.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fit.h"

namespace capstan::traffic {
namespace {

constexpr size_t kLongestName = 256;
constexpr int kMostSteps = 8;  // From a pod over what made it to a service.

std::string_view kind_of(std::string_view id) { return id.substr(0, id.find('/')); }
std::string_view last_part(std::string_view id) { return id.substr(id.rfind('/') + 1); }

std::string key_of(std::string_view kind, std::string_view name) { return fmt::format("{}\n{}", kind, name); }

// Of several services of a workload the one with its name, else the first by id.
bool is_better(std::string_view candidate, std::string_view than, std::string_view id) {
  const bool same = last_part(candidate) == last_part(id);
  const bool than_same = last_part(than) == last_part(id);
  return same != than_same ? same : candidate < than;
}

}  // namespace

Names::Names(const TrafficBook& book, const std::vector<KindSpec>& kinds) {
  for (const KindSpec& kind : kinds) kinds_by_name_.emplace(kind.name, &kind);
  for (const Source& source : book.sources) {
    for (const End* end : {&source.caller, &source.callee}) {
      for (const Naming& naming : end->names) named_kinds_.insert(naming.kinds.begin(), naming.kinds.end());
    }
  }
}

ObjectPlace Names::place_of(std::string_view kind, std::string_view id) const {
  const auto spec = kinds_by_name_.find(kind);
  ObjectPlace place = spec == kinds_by_name_.end() ? ObjectPlace() : object_place(*spec->second, id);
  if (place.name.empty()) place.name = last_part(id);
  return place;
}

void Names::add(const Resource& resource) {
  known_.insert(resource.id);
  if (!named_kinds_.contains(resource.kind)) return;
  ObjectPlace place = place_of(resource.kind, resource.id);
  if (!place.cluster.empty()) clusters_.insert(place.cluster);
  by_name_[key_of(resource.kind, place.name)].push_back({resource.id, place});
}

void Names::add_service_of(size_t round, const ResourceId& id, const ResourceId& service) {
  if (services_.size() <= round) services_.resize(round + 1);
  const auto [entry, is_new] = services_[round].emplace(id, service);
  if (!is_new && is_better(service, entry->second, id)) entry->second = service;
}

ResourceId Names::shown_as(ResourceId id) const {
  for (int step = 0; step < kMostSteps; ++step) {
    const auto next = std::ranges::find_if(services_, [&](const auto& round) { return round.contains(id); });
    if (next == services_.end()) break;
    id = next->at(id);
  }
  return id;
}

Service Names::service(const ResourceId& id) const {
  const std::string_view kind = kind_of(id);
  return {.id = id, .place = place_of(kind, id), .kind = std::string(kind), .known = known_.contains(id)};
}

std::string Names::cluster_of(const End& end, const std::vector<std::string>& unknown, const Labels& labels) const {
  std::string first;
  for (const std::string& label : end.clusters) {
    const std::string_view value = labels.get(label);
    if (value.empty() || std::ranges::find(unknown, value) != unknown.end()) continue;
    if (clusters_.contains(value)) return std::string(value);
    if (first.empty()) first = fit_text(value, kLongestName);
  }
  return first.empty() && clusters_.size() == 1 ? *clusters_.begin() : first;
}

const Names::Named* Names::find(const std::vector<std::string>& kinds, const ObjectPlace& wanted) const {
  // A mesh may have a name of its own for the one cluster that is watched.
  const bool any_cluster = wanted.cluster.empty() || (clusters_.size() == 1 && !clusters_.contains(wanted.cluster));
  for (const std::string& kind : kinds) {
    const auto same = by_name_.find(key_of(kind, wanted.name));
    if (same == by_name_.end()) continue;
    const Named* found = nullptr;
    size_t count = 0;
    for (const Named& one : same->second) {
      if (!any_cluster && one.place.cluster != wanted.cluster) continue;
      if (!wanted.space.empty() && one.place.space != wanted.space) continue;
      found = &one;
      ++count;
    }
    if (count == 1) return found;
  }
  return nullptr;
}

Service Names::at_end(const End& end, const std::vector<std::string>& unknown, const Labels& labels) const {
  const auto value_of = [&](const std::string& label) {
    const std::string_view value = label.empty() ? std::string_view() : labels.get(label);
    return std::ranges::find(unknown, value) == unknown.end() ? value : std::string_view();
  };
  Service nobody{.id = "", .place = {.cluster = cluster_of(end, unknown, labels), .space = "", .name = ""}};
  for (const Naming& naming : end.names) {
    const ObjectPlace wanted{.cluster = nobody.place.cluster,
                             .space = fit_text(value_of(naming.space), kLongestName),
                             .name = fit_text(value_of(naming.label), kLongestName)};
    if (wanted.name.empty()) continue;
    if (const Named* found = find(naming.kinds, wanted)) return service(shown_as(found->id));
    if (nobody.place.name.empty()) nobody.place = wanted;
  }
  nobody.named = !nobody.place.name.empty();
  if (!nobody.named) nobody.place.name = "unknown";
  nobody.id = fmt::format("traffic/{}/{}/{}", nobody.place.cluster, nobody.place.space, nobody.place.name);
  return nobody;
}

}  // namespace capstan::traffic
