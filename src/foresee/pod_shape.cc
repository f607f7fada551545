#include "foresee/pod_shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "model/quantity.h"

namespace capstan::foresee {
namespace {

// What a container counts for in scores where it asks for nothing.
constexpr int64_t kUsualCpu = 100;
constexpr int64_t kUsualMemory = 200LL << 20;
constexpr double kMost = 1e17;  // Of anything; more is as much as this.
constexpr int64_t kMostSum = 4'000'000'000'000'000'000;
constexpr std::string_view kEveryAddress = "0.0.0.0";

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

std::optional<double> quantity(const Json& value) {
  return value.is_number() ? std::optional(value.number_or(0)) : parse_quantity(value.string_or_empty());
}

std::vector<NodeRequirement> read_requirements(const Json& list) {
  std::vector<NodeRequirement> requirements;
  for (const Json& one : list.items()) {
    NodeRequirement requirement{one["key"].string_or_empty(), one["operator"].string_or_empty(), {}};
    for (const Json& value : one["values"].items()) requirement.values.push_back(value.string_or_empty());
    requirements.push_back(std::move(requirement));
  }
  return requirements;
}

void raise(Amounts& to, const Amounts& at_least) {
  if (to.size() < at_least.size()) to.resize(at_least.size());
  for (size_t i = 0; i < at_least.size(); ++i) to[i] = std::max(to[i], at_least[i]);
}

// What is limited and not asked for is asked for, as the API server fills it in.
Json requests_of(const Json& resources) {
  Json requests = resources["requests"];
  for (const auto& [name, amount] : resources["limits"].members()) {
    if (!requests.contains(name)) requests.set(name, amount);
  }
  return requests.is_null() ? Json::object() : requests;
}

bool stays(const Json& init_container) { return init_container["restartPolicy"].string_or_empty() == "Always"; }

// Sums of containers and the greatest of those that begin, each as `amounts` reads a container.
template <class Read>
Amounts add_up(const Json& spec, const Read& read) {
  Amounts all, staying, beginning;
  for (const Json& container : spec["containers"].items()) add(all, read(container));
  for (const Json& container : spec["initContainers"].items()) {
    Amounts one = read(container);
    if (stays(container)) {
      add(staying, one);
      raise(beginning, staying);
    } else {
      add(one, staying);
      raise(beginning, one);
    }
  }
  add(all, staying);
  raise(all, beginning);
  return all;
}

std::optional<LabelSelector> read_selector(const Json& selector) {
  if (!selector.is_object()) return std::nullopt;
  Result<LabelSelector> read = LabelSelector::from_json(selector);
  return read ? std::optional(*std::move(read)) : std::nullopt;
}

// The selector with what the pod's own labels add to it.
std::optional<LabelSelector> selector_with_keys(const Json& term, const ResourceLabels& labels) {
  if (!term["labelSelector"].is_object()) return std::nullopt;
  Json selector = term["labelSelector"];
  Json expressions = selector["matchExpressions"];
  const auto add_keys = [&](std::string_view member, const char* op) {
    for (const Json& key : term[member].items()) {
      const auto label = labels.find(key.string_or_empty());
      if (label == labels.end()) continue;
      expressions.push_back(
          Json::object({{"key", key}, {"operator", op}, {"values", Json::array({Json(label->second)})}}));
    }
  };
  add_keys("matchLabelKeys", "In");
  add_keys("mismatchLabelKeys", "NotIn");
  if (!expressions.items().empty()) {
    // A plain map of labels is read as such; what has expressions names both.
    selector.set("matchExpressions", std::move(expressions));
  }
  if (selector.members().empty()) return LabelSelector::parse("").value();
  return read_selector(selector);
}

PodTerm read_pod_term(const Json& term, const std::string& space, const ResourceLabels& labels,
                      const PodSurroundings& surroundings) {
  PodTerm read;
  read.selector = selector_with_keys(term, labels);
  read.topology = term["topologyKey"].string_or_empty();
  for (const Json& name : term["namespaces"].items()) read.spaces.insert(name.string_or_empty());
  const Json& of_spaces = term["namespaceSelector"];
  if (of_spaces.is_object()) {
    if (of_spaces.members().empty()) read.everywhere = true;
    const std::optional<LabelSelector> wanted = read_selector(of_spaces);
    for (const auto& [name, space_labels] : *surroundings.spaces) {
      if (wanted && !read.everywhere && wanted->matches(space_labels)) read.spaces.insert(name);
    }
  } else if (read.spaces.empty()) {
    read.spaces.insert(space);
  }
  return read;
}

std::vector<PodTerm> read_pod_terms(const Json& affinity, const PodShape& shape, const PodSurroundings& surroundings) {
  std::vector<PodTerm> terms;
  for (const Json& term : affinity["requiredDuringSchedulingIgnoredDuringExecution"].items()) {
    terms.push_back(read_pod_term(term, shape.space, shape.labels, surroundings));
  }
  return terms;
}

std::vector<PodTerm> read_liked_terms(const Json& affinity, const PodShape& shape,
                                      const PodSurroundings& surroundings) {
  std::vector<PodTerm> terms;
  for (const Json& liked : affinity["preferredDuringSchedulingIgnoredDuringExecution"].items()) {
    terms.push_back(read_pod_term(liked["podAffinityTerm"], shape.space, shape.labels, surroundings));
    terms.back().weight = static_cast<int>(liked["weight"].int_or(1));
  }
  return terms;
}

void read_affinity(const Json& affinity, const PodSurroundings& surroundings, PodShape& shape) {
  const Json& node = affinity["nodeAffinity"];
  const Json& required = node["requiredDuringSchedulingIgnoredDuringExecution"];
  shape.has_node_terms = required.is_object();
  std::set<std::string> names;
  bool all_named = shape.has_node_terms;
  for (const Json& term : required["nodeSelectorTerms"].items()) {
    shape.node_terms.push_back(read_node_term(term));
    bool named = false;
    for (const NodeRequirement& field : shape.node_terms.back().fields) {
      if (field.key != "metadata.name" || field.op != "In") continue;
      named = true;
      names.insert(field.values.begin(), field.values.end());
    }
    all_named = all_named && named;
  }
  if (all_named && !shape.node_terms.empty()) shape.only_nodes = std::move(names);
  for (const Json& liked : node["preferredDuringSchedulingIgnoredDuringExecution"].items()) {
    shape.liked_nodes.push_back(read_node_term(liked["preference"]));
    shape.liked_nodes.back().weight = static_cast<int>(liked["weight"].int_or(1));
  }
  shape.near = read_pod_terms(affinity["podAffinity"], shape, surroundings);
  shape.apart = read_pod_terms(affinity["podAntiAffinity"], shape, surroundings);
  shape.liked_near = read_liked_terms(affinity["podAffinity"], shape, surroundings);
  shape.liked_apart = read_liked_terms(affinity["podAntiAffinity"], shape, surroundings);
}

std::vector<SpreadConstraint> read_spread(const Json& list, const ResourceLabels& labels) {
  std::vector<SpreadConstraint> constraints;
  for (const Json& one : list.items()) {
    constraints.push_back({.topology = one["topologyKey"].string_or_empty(),
                           .selector = selector_with_keys(one, labels),
                           .max_skew = one["maxSkew"].int_or(1),
                           .min_domains = one["minDomains"].int_or(1),
                           .hard = one["whenUnsatisfiable"].string_or_empty() != "ScheduleAnyway",
                           .heeds_affinity = one["nodeAffinityPolicy"].string_or_empty() != "Ignore",
                           .heeds_taints = one["nodeTaintsPolicy"].string_or_empty() == "Honor"});
  }
  return constraints;
}

void read_ports(const Json& spec, const Json& containers, bool only_staying, std::vector<HostPort>& ports) {
  const bool on_host = spec["hostNetwork"].bool_or(false);
  for (const Json& container : containers.items()) {
    if (only_staying && !stays(container)) continue;
    for (const Json& port : container["ports"].items()) {
      const int64_t number = port["hostPort"].int_or(on_host ? port["containerPort"].int_or(0) : 0);
      if (number <= 0) continue;
      const std::string& ip = port["hostIP"].string_or_empty();
      const std::string& protocol = port["protocol"].string_or_empty();
      ports.push_back({ip.empty() ? std::string(kEveryAddress) : ip, protocol.empty() ? "TCP" : protocol, number});
    }
  }
}

}  // namespace

size_t ResourceNames::number_of(std::string_view name) {
  const auto found = std::ranges::find(names_, name);
  if (found != names_.end()) return static_cast<size_t>(found - names_.begin());
  names_.emplace_back(name);
  return names_.size() - 1;
}

Amounts ResourceNames::read(const Json& quantities) {
  Amounts amounts;
  for (const auto& [name, value] : quantities.members()) {
    const std::optional<double> number = quantity(value);
    if (!number) continue;
    const size_t at = number_of(name);
    if (amounts.size() <= at) amounts.resize(at + 1);
    // 0.1 * 1000 is a little more than 100.
    amounts[at] =
        static_cast<int64_t>(std::ceil(std::clamp(at == kCpu ? *number * 1000 : *number, -kMost, kMost) - 1e-6));
  }
  return amounts;
}

std::string ResourceNames::text(size_t number, int64_t amount) const {
  if (number == kCpu) return amount % 1000 == 0 ? fmt::format("{}", amount / 1000) : fmt::format("{}m", amount);
  if (number == kMemory || number == kStorage) return bytes_quantity(static_cast<double>(amount));
  return fmt::format("{}", amount);
}

Json ResourceNames::write(const Amounts& amounts) const {
  Json json = Json::object();
  for (size_t i = 0; i < amounts.size(); ++i) {
    if (amounts[i] != 0) json.set(names_[i], text(i, amounts[i]));
  }
  return json;
}

int64_t bounded_sum(int64_t one, int64_t other) {
  return std::clamp(std::clamp(one, -kMostSum, kMostSum) + std::clamp(other, -kMostSum, kMostSum), -kMostSum, kMostSum);
}

int64_t amount_of(const Amounts& amounts, size_t number) { return number < amounts.size() ? amounts[number] : 0; }

void add(Amounts& to, const Amounts& more, int64_t times) {
  if (to.size() < more.size()) to.resize(more.size());
  for (size_t i = 0; i < more.size(); ++i) to[i] = bounded_sum(to[i], times * more[i]);
}

bool Toleration::tolerates(const Taint& taint) const {
  if (!effect.empty() && effect != taint.effect) return false;
  if (!key.empty() && key != taint.key) return false;
  return any_value || (!key.empty() && value == taint.value);
}

bool NodeRequirement::holds(const std::string* value) const {
  if (op == "Exists") return value != nullptr;
  if (op == "DoesNotExist") return value == nullptr;
  if (op == "NotIn") return value == nullptr || std::ranges::find(values, *value) == values.end();
  if (value == nullptr) return false;
  if (op == "In") return std::ranges::find(values, *value) != values.end();
  const std::optional<int64_t> has = whole_number(*value);
  const std::optional<int64_t> limit = values.size() == 1 ? whole_number(values[0]) : std::nullopt;
  if (!has || !limit) return false;
  return op == "Gt" ? *has > *limit : op == "Lt" && *has < *limit;
}

bool NodeTerm::holds(const std::string& name, const ResourceLabels& node_labels) const {
  const auto has_label = [&](const NodeRequirement& requirement) {
    const auto label = node_labels.find(requirement.key);
    return requirement.holds(label == node_labels.end() ? nullptr : &label->second);
  };
  const auto has_field = [&](const NodeRequirement& requirement) {
    return requirement.key == "metadata.name" && requirement.holds(&name);
  };
  if (labels.empty() && fields.empty()) return false;
  return std::ranges::all_of(labels, has_label) && std::ranges::all_of(fields, has_field);
}

NodeTerm read_node_term(const Json& term) {
  return {.labels = read_requirements(term["matchExpressions"]), .fields = read_requirements(term["matchFields"])};
}

bool HostPort::conflicts(const HostPort& other) const {
  return port == other.port && protocol == other.protocol &&
         (ip == other.ip || ip == kEveryAddress || other.ip == kEveryAddress);
}

bool PodTerm::matches(const std::string& space, const ResourceLabels& labels) const {
  return selector && (everywhere || spaces.contains(space)) && selector->matches(labels);
}

bool PodShape::tolerates(const Taint& taint) const {
  return std::ranges::any_of(tolerations, [&](const Toleration& one) { return one.tolerates(taint); });
}

bool PodShape::wants(const std::string& node, const ResourceLabels& node_labels) const {
  for (const auto& [key, value] : node_selector) {
    const auto label = node_labels.find(key);
    if (label == node_labels.end() || label->second != value) return false;
  }
  return !has_node_terms ||
         std::ranges::any_of(node_terms, [&](const NodeTerm& term) { return term.holds(node, node_labels); });
}

Amounts pod_requests(const Json& spec, ResourceNames& names) {
  Amounts all = add_up(spec, [&](const Json& container) { return names.read(requests_of(container["resources"])); });
  // What a pod asks for as a whole counts in place of what its containers do.
  if (spec["resources"].is_object()) {
    const Json whole = requests_of(spec["resources"]);
    const Amounts amounts = names.read(whole);
    for (const auto& [name, value] : whole.members()) {
      const size_t at = names.number_of(name);
      if (all.size() <= at) all.resize(at + 1);
      all[at] = amount_of(amounts, at);
    }
  }
  add(all, names.read(spec["overhead"]));
  if (all.size() <= kPods) all.resize(kPods + 1);
  all[kPods] = 1;
  return all;
}

PodShape read_pod_shape(const Json& pod, const PodSurroundings& surroundings, ResourceNames& names) {
  const Json& spec = pod["spec"];
  PodShape shape;
  shape.space = pod["metadata"]["namespace"].string_or_empty();
  shape.labels = resource_labels(pod["metadata"]["labels"]);
  shape.requests = pod_requests(spec, names);
  const Amounts usual = add_up(spec, [&](const Json& container) {
    Amounts amounts = names.read(requests_of(container["resources"]));
    amounts.resize(std::max<size_t>(amounts.size(), kMemory + 1));
    if (amounts[kCpu] == 0) amounts[kCpu] = kUsualCpu;
    if (amounts[kMemory] == 0) amounts[kMemory] = kUsualMemory;
    return amounts;
  });
  shape.usual_cpu = std::max(amount_of(usual, kCpu), shape.requests[kCpu]);
  shape.usual_memory = std::max(amount_of(usual, kMemory), shape.requests[kMemory]);
  shape.node_selector = resource_labels(spec["nodeSelector"]);
  for (const Json& one : spec["tolerations"].items()) {
    shape.tolerations.push_back({one["key"].string_or_empty(), one["operator"].string_or_empty() == "Exists",
                                 one["value"].string_or_empty(), one["effect"].string_or_empty()});
  }
  read_ports(spec, spec["containers"], false, shape.ports);
  read_ports(spec, spec["initContainers"], true, shape.ports);
  read_affinity(spec["affinity"], surroundings, shape);
  shape.spread = read_spread(spec["topologySpreadConstraints"], shape.labels);
  for (const Json& volume : spec["volumes"].items()) {
    const std::string& claim = volume["persistentVolumeClaim"]["claimName"].string_or_empty();
    if (!claim.empty()) shape.claims.push_back(claim);
  }
  for (const Json& gate : spec["schedulingGates"].items()) shape.gates.push_back(gate["name"].string_or_empty());
  const auto& priorities = *surroundings.priorities;
  const auto known = priorities.find(spec["priorityClassName"].string_or_empty());
  shape.priority =
      std::clamp<int64_t>(spec["priority"].int_or(known == priorities.end() ? 0 : known->second), INT32_MIN, INT32_MAX);
  shape.preempts = spec["preemptionPolicy"].string_or_empty() != "Never";
  return shape;
}

std::string shape_key(const Json& pod) {
  const Json& spec = pod["spec"];
  Json key = Json::object({{"namespace", pod["metadata"]["namespace"]}, {"labels", pod["metadata"]["labels"]}});
  for (std::string_view member :
       {"nodeSelector", "affinity", "tolerations", "topologySpreadConstraints", "schedulingGates", "priority",
        "priorityClassName", "preemptionPolicy", "overhead", "resources", "hostNetwork"}) {
    if (spec.contains(member)) key.set(member, spec[member]);
  }
  for (std::string_view member : {"containers", "initContainers"}) {
    Json list = Json::array();
    for (const Json& container : spec[member].items()) {
      Json one = Json::object({{"resources", container["resources"]}});
      if (container.contains("ports")) one.set("ports", container["ports"]);
      if (container.contains("restartPolicy")) one.set("restartPolicy", container["restartPolicy"]);
      list.push_back(std::move(one));
    }
    if (!list.items().empty()) key.set(member, std::move(list));
  }
  Json claims = Json::array();
  for (const Json& volume : spec["volumes"].items()) {
    const Json& claim = volume["persistentVolumeClaim"]["claimName"];
    if (claim.is_string()) claims.push_back(claim);
  }
  if (!claims.items().empty()) key.set("claims", std::move(claims));
  return key.dump();
}

}  // namespace capstan::foresee
