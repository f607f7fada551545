// Who calls whom, from all that is known of it: calls of several sources become one, services get the sum of what they
// are asked, and what is too much is left out and counted.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "model/finding.h"
#include "traffic/counted_calls.h"

namespace capstan::traffic {

// What one source says.
struct SourceCalls {
  std::string name;
  std::vector<CountedCall> calls;
  std::optional<Time> newest;  // When it counted anything last; nothing for what does not count.
  std::string error;           // Why it could not be asked, or not for all.
};

struct GraphService {
  Service service;
  std::optional<double> requests_per_second;  // Of all that it is asked, also by those who are not shown.
  std::optional<double> failed_per_second;
  std::optional<Severity> worst;  // Of the open findings about it and what is part of it.
};

struct GraphCall {
  ResourceId from;
  ResourceId to;
  std::string protocol;
  std::vector<std::string> known_by;  // Names of sources, in their order.
  Numbers numbers;                    // Each from the first source that has it.
};

struct SourceShare {
  std::string name;
  size_t calls = 0;  // Of those that are shown.
  std::optional<Time> newest;
  std::string error;
};

struct ServiceGraph {
  std::vector<GraphService> services;  // Those of the calls, by id.
  std::vector<GraphCall> calls;        // By their ends.
  std::vector<SourceShare> sources;
  size_t left_out = 0;  // Calls; those with the most traffic are kept.
};

// "" for all. A call is shown where either end lies there.
struct GraphQuery {
  std::string cluster;
  std::string space;
  size_t limit = 5'000;
};

ServiceGraph make_graph(const std::vector<SourceCalls>& sources, const std::map<ResourceId, Severity>& worst,
                        const GraphQuery& query);

// Nothing where nothing was asked or nobody counts what failed.
std::optional<double> error_ratio(const std::optional<double>& failed, const std::optional<double>& requests);

// As docs/reference/api.md says.
Json to_json(const ServiceGraph& graph, Time at, Duration window);

}  // namespace capstan::traffic
