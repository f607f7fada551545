// What the catalog is made of: resources, and relations between them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/json_path.h"
#include "base/time.h"

namespace capstan {

// "<kind>/<what tells it apart within its kind>": "host_process/7f3a…-4211-885531", "host_filesystem/web1:/var".
using ResourceId = std::string;

// As Kubernetes' labels and AWS' tags: unlike those of a series, a value may be empty.
using ResourceLabels = std::map<std::string, std::string, std::less<>>;
Json to_json(const ResourceLabels& labels);
ResourceLabels resource_labels(const Json& json);

struct Resource {
  ResourceId id;
  std::string kind;  // A kind that a pack declares: "host_process".
  std::string name;  // For people: "nginx".
  ResourceLabels labels;
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
  // What the counterpart says is no more, of any kind.
  std::vector<ResourceId> gone = {};
  std::vector<Relation> gone_relations = {};
  // As `complete_kinds`, for those whose ids begin so: what is neither in `resources` nor in `still_there` is gone.
  std::vector<std::string> complete_prefixes = {};
  std::vector<ResourceId> still_there = {};
  // Why a resource left, where the connector knows: {"exit_signal": 9}. Becomes part of resource.gone.
  std::vector<std::pair<ResourceId, Json>> departures;
};

enum class ColumnType { kText, kInteger, kReal, kBoolean, kTime, kJson };
std::string_view to_string(ColumnType type);
std::optional<ColumnType> parse_column_type(std::string_view text);

// How the value of a column is made from what lies at its path.
enum class Measure {
  kPlain,     // As it is.
  kQuantity,  // Kubernetes' quantities as a number: "500m" is 0.5, "1Gi" is 1073741824.
  kCount,     // How many items an array or an object has; 0 where there is none.
  kKeys,      // The names of an object's members, as a JSON array.
};
std::string_view to_string(Measure measure);
std::optional<Measure> parse_measure(std::string_view text);

// The objects of a counterpart that are resources of a kind. They are kept whole as the resource's fields, but for what
// is dropped or masked here.
struct ObjectSpec {
  std::string system;                         // Who has them: "kubernetes".
  std::string group;                          // "apps"; "" is the core group.
  std::string resource;                       // "deployments"
  std::string type;                           // "Deployment"
  std::vector<std::string> short_names = {};  // "deploy": as people call it.
  JsonPath name;                              // metadata.name
  JsonPath labels;                            // metadata.labels
  std::vector<std::string> identity;          // The columns that make the id, after the kind: cluster, namespace, name.
  std::vector<JsonPath> drop;                 // What is noise or too much.
  std::vector<JsonPath> mask;                 // Secrets: of an object the names stay and the values go.

  bool operator==(const ObjectSpec&) const = default;
};

// Makes the rows of a table of parts from what lies at a place: texts that have to be read first.
class PartReader {
 public:
  virtual ~PartReader() = default;
  // `kind` is that of the resource which `source` lies in. Thread-safe.
  virtual std::vector<Json> read(std::string_view kind, const Json& source) const = 0;
  // Changes when the rows of the same source may be others.
  virtual const std::string& version() const = 0;
};

// A kind, as a pack's `kinds.yaml` declares it; it becomes one typed table, named as the kind.
struct KindSpec {
  struct Column {
    std::string name;
    ColumnType type = ColumnType::kText;
    std::string help;
    // A volatile column (current memory use) is updated in place without a fact or history.
    bool is_volatile = false;
    // Where the value lies in the fields; "" for the field of the column's name.
    JsonPath from = {};
    Measure measure = Measure::kPlain;
  };
  // Rows that are parts of resources (the containers of a pod) and no resources themselves.
  struct PartOf {
    std::string kind;               // Of the resources.
    std::vector<JsonPath> sources;  // Where the parts lie in their fields.
  };
  std::string name;
  std::string title;  // For people: "Process".
  std::string help;
  std::vector<Column> columns;
  std::optional<ObjectSpec> objects = {};
  // What a resource of this kind makes more of by itself: a deployment makes pods. Paths lie in the maker's fields.
  struct Makes {
    std::string kind;
    JsonPath metadata;
    JsonPath spec;
    JsonPath count;  // None are made where it is 0.
  };
  std::optional<Makes> makes = {};
  // Places that kinds have in common, by name: {"pod", spec.template.spec}.
  std::map<std::string, JsonPath, std::less<>> places = {};
  // Not empty: a table of parts, with the columns `owner` (the resource's id) and `position` in place of id and name.
  std::vector<PartOf> part_of = {};
  // How its rows are made of what lies at the sources: "settings", "endpoints"; "" takes each as it is.
  std::string read_as = {};
  std::shared_ptr<const PartReader> reader = {};

  bool is_part() const { return !part_of.empty(); }
};

}  // namespace capstan
