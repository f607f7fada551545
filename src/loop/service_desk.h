// Answers who calls whom: asks the sources of traffic that packs declare, the catalog, and joins what they say.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "loop/fleet_queries.h"
#include "model/table.h"
#include "telemetry/promql/engine.h"
#include "traffic/service_graph.h"
#include "traffic/traffic_shelf.h"

namespace capstan::loop {

// Thread-safe.
class ServiceDesk {
 public:
  struct Parts {
    const Clock& clock;
    const catalog::Catalog& catalog;
    const SqlSource& sql;
    const telemetry::PromqlEngine& engine;
  };
  explicit ServiceDesk(Parts parts) : parts_(parts) {}

  // Puts files in force; gives what is wrong with them.
  std::vector<Error> load(const std::vector<traffic::TrafficText>& files) {
    return shelf_.load(files, parts_.catalog.kinds(), &parts_.sql);
  }
  // A source that cannot be asked is told as such and takes nothing from the others. Numbers are those of a time, the
  // catalog is that of the present.
  Result<traffic::ServiceGraph> graph(const ServiceGraphQuery& query, Time at) const;
  Result<Json> service_graph(const ServiceGraphQuery& query) const;

 private:
  const Parts parts_;
  traffic::TrafficShelf shelf_;
};

}  // namespace capstan::loop
