// What of a cluster differs from the manifests that should define it, who changed it, and how it was found out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "drift/compare.h"
#include "drift/field_owners.h"

namespace capstan::drift {

enum class ObjectState {
  kMissing,      // Stated, and not in the cluster.
  kDiffers,      // In fields that are stated.
  kExtra,        // In the cluster, and in no manifest.
  kNotCompared,  // `says` tells why.
};
std::string_view to_string(ObjectState state);

// How an object was compared, the most exact way first.
enum class Source {
  kServer,   // The API server said what it would make of the manifest.
  kObject,   // The live object, compared by what is known of Kubernetes.
  kCatalog,  // What the catalog last knew, the same way.
};
std::string_view to_string(Source source);

struct FieldDrift {
  Difference difference;   // As it may be shown: of a secret there is a mask.
  bool is_hidden = false;  // Something of it is masked.
  std::string by_right;    // Not empty: a controller that may set this did, and it is no drift.
  std::optional<FieldOwner> owner;
  std::optional<Time> seen;  // When Capstan saw it become what it is.
  Where where;               // In the manifest's file.
};

struct ObjectDrift {
  size_t document = 0;  // Which of the manifests; of none where the state is kExtra.
  std::string id;       // The catalog's.
  std::string api_version;
  std::string kind;
  std::string name_space;
  std::string name;
  Where where;
  ObjectState state = ObjectState::kDiffers;
  Source source = Source::kServer;
  std::string says;        // Why the API server would refuse the manifest, or why it was not compared.
  std::string defined_by;  // What a GitOps tool says of where it comes from.
  std::optional<Time> gone;
  std::vector<FieldDrift> fields;

  // Whether it is drift: more than what controllers do by right.
  bool counts() const;
};

struct DriftReport {
  std::string cluster;
  size_t objects = 0;  // How many were compared.
  size_t by_server = 0;
  size_t by_object = 0;
  size_t by_catalog = 0;
  std::vector<ObjectDrift> drifts;  // Of those that are not as stated.
  std::vector<Error> problems;
  Json check;  // What making the cluster as stated would break: the answer of /capstan/v1/check; null where not asked.

  bool has_drift() const;
  // Whether everything could be compared.
  bool is_complete() const;
};

Json to_json(const DriftReport& report);
DriftReport drift_report_from_json(const Json& json);
// `all`: also what controllers changed by right.
std::string to_text(const DriftReport& report, bool all);
// "is 5, should be 2 (last set by kubectl-edit at 2026-…)"
std::string say(const FieldDrift& field);

}  // namespace capstan::drift
