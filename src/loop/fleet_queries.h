// What can be asked about a fleet: violations of rules about configuration, and how everything hangs together.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "model/resource.h"

namespace capstan::loop {

// "" for all, wherever a text is empty.
struct ChecksQuery {
  std::string severity;
  std::string rule;
  std::string owner;  // "-" for what belongs to nobody.
  std::string cluster;
  std::string space;  // A namespace; "-" for what lies in none.
  ResourceId resource;
  std::string search;        // In rule, resource and what it says, whatever the case.
  std::string muted = "no";  // "no", "only" or "all".
  size_t limit = 200;
  size_t offset = 0;
};

struct MapQuery {
  std::string cluster;
  std::string space;  // With what is directly related to it.
  size_t nodes = 20'000;
  size_t edges = 60'000;
};

// Calls with either end in a cluster or namespace.
struct ServiceGraphQuery {
  std::string cluster;
  std::string space;
  Duration window = std::chrono::minutes(5);
  size_t limit = 5'000;
};

// "" for what is not said.
struct OverrideRequest {
  std::string resource;  // An id, or a name that only one resource has; "" for all of `policy`.
  std::string policy;    // "" for all policies.
  std::string state;     // "up", "down", a state that a policy keeps, or "alone".
  std::string until;     // As people say it: decide/until.h.
  std::string zone;      // Of `until`; "" for the resource's own, else the machine's.
  std::string reason;
};

// "" for all, or for what is usual.
struct SavingsQuery {
  std::string policy;
  ResourceId account;         // What resources belong to in the end.
  std::string since = "30d";  // So long ago, a day in the zone, or a time.
  std::string until;          // The same; "": now.
  std::string zone;           // What a day is; "": that of the first policy with windows.
  size_t limit = 200;         // Resources that are listed.
};

// Policies over the recorded past.
struct BacktestQuery {
  std::string policies;           // YAML.
  std::string file = "policies";  // Its name in errors.
  std::string since = "30d";      // So long ago, a day (UTC), or a time.
  std::string until;              // The same; "": now.
  std::string step = "1m";        // How often a policy looks, at the most.
};

// "trial_user07 up until 22:00", as decide/until.h reads it.
Result<OverrideRequest> parse_override_request(std::string_view text);

// Over how long calls are counted: "5m", from a second to a day.
Result<Duration> parse_window(std::string_view text);

}  // namespace capstan::loop
