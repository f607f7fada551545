#include "foresee/admitted_objects.h"

#include <algorithm>

namespace capstan::foresee {
namespace {

constexpr size_t kMost = 1'000;  // Beyond: the oldest are forgotten, which have most likely been seen.

std::string identity_of(const Json& object, const std::string& cluster, const std::string& space) {
  const std::string& version = object["apiVersion"].string_or_empty();
  const size_t slash = version.find('/');
  const std::string group = slash == std::string::npos ? "" : version.substr(0, slash);
  return cluster + "/" + group + "/" + object["kind"].string_or_empty() + "/" + space + "/" +
         object["metadata"]["name"].string_or_empty();
}

}  // namespace

void AdmittedObjects::add(ObjectDocument document, const std::string& cluster, const std::string& space, Time now) {
  std::string identity = identity_of(document.object, cluster, space);
  std::erase_if(entries_, [&](const Entry& entry) { return entry.identity == identity; });
  if (entries_.size() >= kMost) entries_.erase(entries_.begin());
  entries_.push_back({.document = std::move(document),
                      .cluster = cluster,
                      .space = space,
                      .identity = std::move(identity),
                      .until = now + kPatience});
}

std::vector<ObjectDocument> AdmittedObjects::unseen(Checker& checker, const std::string& cluster, Time now) {
  std::erase_if(entries_, [&](const Entry& entry) {
    return now >= entry.until ||
           checker.is_so(entry.document, {.cluster = entry.cluster, .space = entry.space, .assumed = {}});
  });
  std::vector<ObjectDocument> unseen;
  for (const Entry& entry : entries_) {
    if (entry.cluster == cluster) unseen.push_back(entry.document);
  }
  return unseen;
}

}  // namespace capstan::foresee
