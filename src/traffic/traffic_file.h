// Where calls between services are counted, as packs say it (packs/<pack>/traffic.yaml, docs/services.md); no metric's
// name is in C++. A document is a source of metrics, or what the catalog itself knows of calls:
//
//   traffic: istio
//   caller:
//     cluster: [source_cluster, cluster]          # Labels: the first that names a known cluster counts.
//     names:                                      # The first that the catalog knows, else the first with a value.
//       - { label: source_workload, namespace: source_workload_namespace, kinds: pod }
//   callee: { … }                                 # As the caller.
//   unknown: [unknown]                            # Values that say nothing.
//   only: 'job!="test"'                           # Conditions on all series.
//   once: { label: reporter, prefer: [destination, source] }   # Who counts the same call; the first that saw it all.
//   protocol: { label: request_protocol }         # Or { is: http }.
//   requests: istio_requests_total
//   failed: ['response_code=~"5.."']              # Which requests failed: one of the conditions holds.
//   failed_requests: x_failed_total               # Or a counter of its own.
//   latency: { histogram: istio_request_duration_milliseconds, unit: milliseconds }
//   bytes: [istio_tcp_sent_bytes_total]
//   ---
//   traffic: relations
//   calls: SELECT source AS caller, target AS callee FROM relation WHERE kind = 'calls'
//   stands_for:                                   # A workload is shown as its service; the first answer counts.
//     - SELECT target AS id, source AS service FROM relation WHERE kind = 'selects'
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/resource.h"
#include "model/table.h"
#include "telemetry/matcher.h"

namespace capstan::traffic {

// A way to tell who is at one end of a call.
struct Naming {
  std::string label;
  std::string space;               // The label of the namespace; "" where there is none.
  std::vector<std::string> kinds;  // Of the resources that have such names.
};

struct End {
  std::vector<std::string> clusters;  // Labels.
  std::vector<Naming> names;
};

using Condition = std::vector<telemetry::Matcher>;  // All must hold.

struct Source {
  std::string name;
  Where where;
  End caller;
  End callee;
  std::vector<std::string> unknown;
  Condition only;                   // Of all series; may be empty.
  std::string once;                 // The label of who counts; "": everything is counted once.
  std::vector<std::string> prefer;  // Its values.
  std::string protocol_label;
  std::string protocol;  // Where no label says it.
  std::string requests;  // A counter; "" where only bytes are counted.
  std::vector<Condition> failed;
  std::string failed_requests;
  std::string histogram;        // Without _bucket.
  double seconds_per_unit = 1;  // Of the histogram's bounds.
  std::vector<std::string> bytes;
};

// Questions to the catalog, in SQL.
struct CatalogSource {
  std::string name;
  Where where;
  std::string calls;                    // Gives `caller` and `callee`.
  std::vector<std::string> stands_for;  // Each gives `id` and `service`.
};

struct TrafficBook {
  std::vector<Source> sources;  // In the order in which their numbers count.
  std::vector<CatalogSource> catalog;
};

struct TrafficText {
  std::string path;  // For errors.
  std::string text;
};

struct ReadTraffic {
  TrafficBook book;
  std::vector<Error> problems;  // With file and line. A file with a problem is left out as a whole.
};

// Of several files, those of packs first. A document with the name of an earlier one replaces it. The SQL is checked
// where there is somebody to ask.
ReadTraffic read_traffic(std::span<const TrafficText> files, std::span<const KindSpec> kinds, const SqlSource* sql);

}  // namespace capstan::traffic
