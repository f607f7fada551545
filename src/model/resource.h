// What the catalog is made of: resources, and relations between them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "model/labels.h"

namespace capstan {

// "<kind>/<what tells it apart within its kind>": "host_process/7f3a…-4211-885531", "host_filesystem/web1:/var".
using ResourceId = std::string;

struct Resource {
  ResourceId id;
  std::string kind;  // A kind that a pack declares: "host_process".
  std::string name;  // For people: "nginx".
  Labels labels;
  Json fields;  // An object: the values of the kind's columns. Only declared columns are kept.

  bool operator==(const Resource&) const = default;
};

enum class Origin {
  kDeclared,  // The counterpart says so: an owner reference, a listening socket.
  kDerived,   // A pack's SQL says so.
  kLearned,   // Correlation or traces say so.
};
std::string_view to_string(Origin origin);
std::optional<Origin> parse_origin(std::string_view text);

struct Relation {
  ResourceId source;
  std::string kind;  // A verb read from source to target: "listens_on", "belongs_to", "runs_on", "writes_to".
  ResourceId target;
  Origin origin = Origin::kDeclared;

  auto operator<=>(const Relation&) const = default;
};

// What one look of a connector saw. `complete_kinds` names the kinds this look saw in full: what is in the catalog
// from the same `scope` and is of these kinds but not in `resources` is gone. Relations whose source is of a complete
// kind are likewise complete. The catalog writes down only the differences.
struct Observation {
  std::string scope;  // Who looks at what: "host:web1". Looks of different scopes never take away from each other.
  Time at;
  std::vector<Resource> resources;
  std::vector<Relation> relations;
  std::vector<std::string> complete_kinds;
  // Why a resource left, where the connector knows: {"exit_signal": 9}. Becomes part of resource.gone.
  std::vector<std::pair<ResourceId, Json>> departures;
};

enum class ColumnType { kText, kInteger, kReal, kBoolean, kTime, kJson };
std::string_view to_string(ColumnType type);
std::optional<ColumnType> parse_column_type(std::string_view text);

// A kind, as a pack's `kinds.yaml` declares it; it becomes one typed table, named as the kind.
struct KindSpec {
  struct Column {
    std::string name;
    ColumnType type = ColumnType::kText;
    std::string help;
    // A volatile column (current memory use) is updated in place without a fact or history.
    bool is_volatile = false;
  };
  std::string name;
  std::string title;  // For people: "Process".
  std::string help;
  std::vector<Column> columns;
};

}  // namespace capstan
