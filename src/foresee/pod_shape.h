// What the scheduler reads of a pod: what it asks for, where it may be, and beside whom. Pods that ask for the same
// share one shape.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/label_selector.h"
#include "model/resource.h"

namespace capstan::foresee {

// Resources by number, so that amounts are arrays. The first four are always there.
enum ResourceNumber : size_t { kCpu = 0, kMemory = 1, kStorage = 2, kPods = 3 };

// Thousandths of a processor, bytes, pieces; what lies beyond the end is 0.
using Amounts = std::vector<int64_t>;

class ResourceNames {
 public:
  size_t number_of(std::string_view name);
  const std::string& name(size_t number) const { return names_[number]; }
  size_t size() const { return names_.size(); }
  // Quantities as Kubernetes writes them; rounded up, as the scheduler does. What is none is passed over.
  Amounts read(const Json& quantities);
  // The other way round: {"cpu": "1500m", "memory": "2Gi"}; zeros are left out.
  Json write(const Amounts& amounts) const;
  std::string text(size_t number, int64_t amount) const;

 private:
  std::vector<std::string> names_ = {"cpu", "memory", "ephemeral-storage", "pods"};
};

// Sums of what others write stay within bounds that can be computed with.
int64_t bounded_sum(int64_t one, int64_t other);
int64_t amount_of(const Amounts& amounts, size_t number);
void add(Amounts& to, const Amounts& more, int64_t times = 1);

struct Taint {
  std::string key;
  std::string value;
  std::string effect;

  bool operator==(const Taint&) const = default;
};

struct Toleration {
  std::string key;  // "" with Exists is every taint.
  bool any_value = false;
  std::string value;
  std::string effect;  // "" is every effect.

  bool tolerates(const Taint& taint) const;
};

// In, NotIn, Exists, DoesNotExist, Gt or Lt, as a node's affinity has them.
struct NodeRequirement {
  std::string key;
  std::string op;
  std::vector<std::string> values;

  bool holds(const std::string* value) const;
};

struct NodeTerm {
  std::vector<NodeRequirement> labels;
  std::vector<NodeRequirement> fields;  // metadata.name only.
  int weight = 0;

  // As in Kubernetes, a term without any requirement holds nowhere.
  bool holds(const std::string& name, const ResourceLabels& labels) const;
};

NodeTerm read_node_term(const Json& term);

struct HostPort {
  std::string ip;
  std::string protocol;
  int64_t port = 0;

  bool conflicts(const HostPort& other) const;
  bool operator==(const HostPort&) const = default;
};

// A term of the affinity or anti-affinity to pods.
struct PodTerm {
  std::optional<LabelSelector> selector;  // Nothing: no pod.
  std::set<std::string> spaces;
  bool everywhere = false;
  std::string topology;
  int weight = 0;

  bool matches(const std::string& space, const ResourceLabels& labels) const;
};

struct SpreadConstraint {
  std::string topology;
  std::optional<LabelSelector> selector;
  int64_t max_skew = 1;
  int64_t min_domains = 1;
  bool hard = true;
  bool heeds_affinity = true;
  bool heeds_taints = false;
};

struct PodShape {
  std::string space;
  ResourceLabels labels;
  Amounts requests;  // One pod among them.
  // As scores count them: something also for containers that ask for nothing.
  int64_t usual_cpu = 0;
  int64_t usual_memory = 0;
  ResourceLabels node_selector;
  bool has_node_terms = false;
  std::vector<NodeTerm> node_terms;  // Any of them.
  std::vector<NodeTerm> liked_nodes;
  std::optional<std::set<std::string>> only_nodes;  // By name, where every term says so.
  std::vector<Toleration> tolerations;
  std::vector<HostPort> ports;
  std::vector<PodTerm> near, apart, liked_near, liked_apart;
  std::vector<SpreadConstraint> spread;
  std::vector<std::string> claims;
  std::vector<std::string> gates;
  int64_t priority = 0;
  bool preempts = true;

  bool tolerates(const Taint& taint) const;
  // By node selector and required affinity.
  bool wants(const std::string& node, const ResourceLabels& node_labels) const;
};

// What else is to be known to read a pod.
struct PodSurroundings {
  const std::map<std::string, ResourceLabels>* spaces = nullptr;            // The namespaces' labels.
  const std::map<std::string, int64_t, std::less<>>* priorities = nullptr;  // By priority class; "" is the default's.
};

// A pod, or what a workload's template says of one (`space` then is the workload's).
PodShape read_pod_shape(const Json& pod, const PodSurroundings& surroundings, ResourceNames& names);
// What of a pod can make a difference to its shape, as text: equal texts give equal shapes.
std::string shape_key(const Json& pod);
// As Kubernetes counts a pod: containers that stay add up, those that only begin it count by the greatest, and
// overhead.
Amounts pod_requests(const Json& spec, ResourceNames& names);

}  // namespace capstan::foresee
