// Asks a watched cluster what the catalog does not keep: warnings about some objects, and the last lines of logs.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "connect/kubernetes/cluster_contact.h"
#include "diagnose/testimony.h"

namespace capstan::loop {

struct WitnessRequest {
  std::set<std::string> spaces;             // The namespaces whose warnings are read.
  std::map<std::string, ResourceId> named;  // "shop/pod/web-0": whom warnings may be about.
  std::vector<diagnose::LogRequest> logs;
};

// What could not be asked is among the problems. Texts come without passwords as far as their form tells them.
diagnose::Testimony ask_cluster(const kubernetes::ClusterContact& contact, const WitnessRequest& request, Time now);

// One warning as the API server gives it; its resource is not known here.
diagnose::Event read_event(const Json& object);
// A line with what looks like a password masked, and cut where it is very long.
std::string without_secrets(std::string_view line);

}  // namespace capstan::loop
