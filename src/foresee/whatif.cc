#include "foresee/whatif.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "foresee/made_pods.h"
#include "foresee/placement_json.h"

namespace capstan::foresee {
namespace {

constexpr int64_t kMostReplicas = 100'000;
constexpr int64_t kMostNewNodes = 5'000;
constexpr size_t kMostFeasible = 100;  // Nodes named for a pod.
constexpr size_t kMostPlaced = 20'000;
constexpr std::string_view kZoneLabel = "topology.kubernetes.io/zone";

// The types by the words that people use.
std::string type_named(std::string_view word) {
  std::string lower(word);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower.ends_with('s')) lower.pop_back();
  if (lower == "deploy") return "Deployment";
  if (lower == "st" || lower == "sts") return "StatefulSet";
  if (lower == "r" || lower == "rs") return "ReplicaSet";
  for (std::string_view type : kWorkloadTypes) {
    std::string known(type);
    std::ranges::transform(known, known.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (known == lower) return std::string(type);
  }
  return "";
}

// Whether objects of the type are pods, make them or bear them. The others only say what holds for pods.
bool has_place(std::string_view type) {
  return type == "Pod" || type == "Node" || std::ranges::find(kWorkloadTypes, type) != std::end(kWorkloadTypes);
}

void set_space(Json& object, const std::string& space) {
  if (!ClusterObjects::in_space(object["kind"].string_or_empty()) || !space_of(object).empty()) return;
  Json metadata = object["metadata"];
  metadata.set("namespace", space);
  object.set("metadata", std::move(metadata));
}

bool is_deleted(const Json& object) { return object["$patch"].string_or_empty() == "delete"; }

// One question being answered: objects and world change step by step.
class Answerer {
 public:
  Answerer(ClusterObjects objects, const NodeGroupSettings& settings, const WhatIf& question)
      : objects_(std::move(objects)),
        question_(question),
        world_(objects_),
        groups_(settings, world_),
        quotas_(objects_) {
    for (size_t i = 0; i < world_.pods().size(); ++i) {
      const SchedulePod& pod = world_.pods()[i];
      numbers_[pod.space + "/" + pod.name] = static_cast<PodNumber>(i);
    }
  }

  Result<Json> answer() {
    const Json before = utilisation_json(world_);
    const Json cost_before = cost_json(groups_, world_);
    waited_before_ = world_.waiting();
    TRY(change_objects());
    TRY(change_replicas());
    TRY(change_nodes());
    TRY(drain_nodes());
    place_all();
    Json answer = Json::object({{"cluster", objects_.cluster()}});
    answer.set("placed", std::move(placed_));
    answer.set("pending", unplaced_json(world_, left_));
    answer.set("refused", refused_json());
    answer.set("blocked", std::move(blocked_));
    answer.set("evicted", std::move(evicted_));
    answer.set("notes", std::move(notes_));
    const ScaleUp plan = plan_scale_up(world_, groups_, objects_, left_);
    answer.set("scale_up", scale_up_json(plan));
    answer.set("groups", groups_json(groups_, world_));
    answer.set("utilisation", Json::object({{"before", before}, {"after", utilisation_json(world_)}}));
    answer.set("cost_per_hour", Json::object({{"before", cost_before}, {"after", cost_json(groups_, world_)}}));
    answer.set("pods_placed", static_cast<int64_t>(placed_count_));
    answer.set("pods_pending", static_cast<int64_t>(left_.size()));
    answer.set("pods_refused", refused_count_);
    return answer;
  }

 private:
  Status change_objects() {
    for (const ObjectDocument& document : question_.change) {
      Json object = document.object;
      const std::string type = object["kind"].string_or_empty();
      if (!ClusterObjects::matters(type)) {
        note(fmt::format("{} {} does not bear on scheduling", type, name_of(object)));
        continue;
      }
      if (!has_place(type)) continue;  // It is among the objects already.
      set_space(object, question_.space);
      const bool is_gone = is_deleted(object);
      if (type == "Node") {
        if (is_gone || objects_.find("Node", "", name_of(object)) != nullptr) {
          return fail(ErrorCode::kUnimplemented,
                      fmt::format("node {} is there: ask with --cordon, --drain or --lose-node", name_of(object)),
                      document.where);
        }
        (void)world_.add_node(ScheduleWorld::read_node(object, world_.names()));
      } else if (type == "Pod") {
        if (const Json* before = objects_.find(type, space_of(object), name_of(object))) drop(*before);
        if (!is_gone) add_pod(object);
      } else {
        replace_pods(object, is_gone);
      }
      if (!is_gone) objects_.put(std::move(object));
    }
    return {};
  }

  // All pods of a changed workload give way to those that it would make now.
  void replace_pods(const Json& workload, bool is_gone) {
    for (const Json* pod : pods_of(workload, objects_)) drop(*pod);
    if (is_gone || workload["kind"].string_or_empty() == "DaemonSet") {
      if (!is_gone) make_daemon_pods(workload);
      return;
    }
    int64_t count = wanted_replicas(workload);
    // A manifest that leaves the number to an autoscaler does not change it.
    const Json* before = objects_.find(workload["kind"].string_or_empty(), space_of(workload), name_of(workload));
    if (!workload["spec"].contains("replicas") && before != nullptr) count = wanted_replicas(*before);
    for (int64_t i = 1; i <= std::min(count, kMostReplicas); ++i) add_made(workload, i);
  }

  // One on each node that it fits; a node without room waits for it.
  void make_daemon_pods(const Json& workload) {
    for (size_t i = 0; i < world_.nodes().size(); ++i) {
      if (world_.nodes()[i].gone) continue;
      const std::string& node = world_.nodes()[i].name;
      Json pod = make_pod(workload, fmt::format("{}-{}", name_of(workload), node), objects_);
      const Json field =
          Json::object({{"key", "metadata.name"}, {"operator", "In"}, {"values", Json::array({Json(node)})}});
      const Json term = Json::object({{"matchFields", Json::array({field})}});
      Json spec = pod["spec"];
      const PodNumber wanted = world_.add_pod(pod);
      const bool is_for_it = world_.shape_of(wanted).wants(node, world_.nodes()[i].labels) &&
                             std::ranges::all_of(world_.nodes()[i].taints, [&](const Taint& taint) {
                               return taint.effect == "PreferNoSchedule" || world_.shape_of(wanted).tolerates(taint);
                             });
      world_.remove_pod(wanted);
      if (!is_for_it) continue;
      spec.set("affinity",
               Json::object(
                   {{"nodeAffinity", Json::object({{"requiredDuringSchedulingIgnoredDuringExecution",
                                                    Json::object({{"nodeSelectorTerms", Json::array({term})}})}})}}));
      pod.set("spec", std::move(spec));
      add_pod(pod);
    }
  }

  Status change_replicas() {
    for (const WhatIf::Replicas& wanted : question_.replicas) {
      const std::string& text = wanted.workload;
      const size_t first = text.find('/'), last = text.rfind('/');
      const std::string type = type_named(text.substr(0, first));
      const std::string space = last > first ? text.substr(first + 1, last - first - 1) : question_.space;
      const Json* workload =
          type.empty() || first == std::string::npos ? nullptr : objects_.find(type, space, text.substr(last + 1));
      if (workload == nullptr) {
        return fail(ErrorCode::kNotFound,
                    fmt::format("no workload '{}': expected one as deployment/NAMESPACE/NAME", text));
      }
      scale(*workload, wanted.count);
    }
    return {};
  }

  void scale(const Json& workload, int64_t count) {
    std::vector<const Json*> pods = pods_of(workload, objects_);
    // Those that wait go first, then the newest.
    std::ranges::stable_sort(pods, {}, [](const Json* pod) {
      return std::pair((*pod)["spec"]["nodeName"].string_or_empty().empty(),
                       (*pod)["metadata"]["creationTimestamp"].string_or_empty());
    });
    for (size_t i = static_cast<size_t>(count); i < pods.size(); ++i) drop(*pods[i]);
    for (auto i = static_cast<int64_t>(pods.size()); i < count; ++i) {
      // As its pods are: the template may have changed since, but that is a rollout and not this question.
      add_made(workload, i - static_cast<int64_t>(pods.size()) + 1);
    }
    note_autoscaler(workload, count);
  }

  void note_autoscaler(const Json& workload, int64_t count) {
    for (const auto& [key, scaler] : objects_.of("HorizontalPodAutoscaler")) {
      const Json& spec = scaler["spec"];
      const Json& target = spec["scaleTargetRef"];
      if (space_of(scaler) != space_of(workload) || target["name"] != workload["metadata"]["name"] ||
          target["kind"] != workload["kind"]) {
        continue;
      }
      const int64_t most = spec["maxReplicas"].int_or(0), least = spec["minReplicas"].int_or(1);
      if (count > most || count < least) {
        note(fmt::format("autoscaler {} would set {} back to {}: its bounds are {} to {}", key, name_of(workload),
                         count > most ? most : least, least, most));
      }
    }
  }

  Status change_nodes() {
    for (const NodeGroupSpec& spec : question_.new_groups) {
      if (groups_.find(spec.name) != nullptr) {
        return fail(ErrorCode::kAlreadyExists, fmt::format("there is a node group '{}' already", spec.name));
      }
      groups_.add_group(spec, world_);
    }
    for (const auto& [name, count] : question_.more_nodes) TRY(add_nodes(name, count));
    std::vector<NodeNumber> lost;
    for (const std::string& name : question_.lost_nodes) lost.push_back(TRY(node_named(name)));
    for (const std::string& zone : question_.lost_zones) {
      const size_t before = lost.size();
      for (size_t i = 0; i < world_.nodes().size(); ++i) {
        const auto label = world_.nodes()[i].labels.find(kZoneLabel);
        if (label != world_.nodes()[i].labels.end() && label->second == zone) lost.push_back(static_cast<int>(i));
      }
      if (lost.size() == before) {
        return fail(ErrorCode::kNotFound, fmt::format("no node is in a zone '{}' ({})", zone, kZoneLabel));
      }
    }
    for (const NodeNumber node : lost) {
      for (const PodNumber pod : world_.node(node).pods) evict(pod, node);
      (void)world_.remove_node(node);
    }
    for (const std::string& name : question_.cordoned) world_.set_unschedulable(TRY(node_named(name)), true);
    return {};
  }

  Status add_nodes(const std::string& name, int64_t count) {
    const NodeGroup* group = groups_.find(name);
    if (group == nullptr || !group->model) {
      std::vector<std::string> known;
      for (const NodeGroup& one : groups_.all()) known.push_back(one.spec.name);
      return fail(ErrorCode::kNotFound,
                  group == nullptr
                      ? fmt::format("no node group '{}'; known are {}", name,
                                    known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")))
                      : fmt::format("it is not known what a node of '{}' is like: describe it in node_groups", name));
    }
    if (group->room() && count > *group->room()) {
      note(fmt::format("group {} may have {} nodes, with these it would have {}", name, *group->spec.max,
                       static_cast<int64_t>(group->nodes.size()) + count));
    }
    for (int64_t i = 1; i <= std::min(count, kMostNewNodes); ++i) {
      // The group may move while it grows.
      const NodeNumber node = add_group_node(world_, *groups_.find(name), objects_, static_cast<size_t>(i));
      groups_.add_member(name, node);
    }
    return {};
  }

  // One pod after the other, as far as disruption budgets go: one that has found another place gives its budget back.
  Status drain_nodes() {
    std::vector<Budget> budgets = read_budgets(objects_);
    std::vector<NodeNumber> drained;
    for (const std::string& name : question_.drained) {
      drained.push_back(TRY(node_named(name)));
      world_.set_unschedulable(drained.back(), true);
    }
    for (const NodeNumber node : drained) {
      for (const PodNumber pod : std::vector(world_.node(node).pods)) drain(pod, node, budgets);
    }
    return {};
  }

  void drain(PodNumber number, NodeNumber node, std::vector<Budget>& budgets) {
    const SchedulePod pod = world_.pod(number);
    if (pod.owner.starts_with("DaemonSet/") || pod.owner.starts_with("Node/") || pod.leaving) return;
    const auto block = [&](std::string why) {
      blocked_.push_back(Json::object(
          {{"pod", pod.space + "/" + pod.name}, {"node", world_.node(node).name}, {"says", std::move(why)}}));
    };
    if (pod.owner.empty()) return block("nothing would make it again: drain refuses without --force");
    std::vector<Budget*> covering;
    for (Budget& budget : budgets) {
      if (budget.covers(pod.space, world_.shape_of(number).labels)) covering.push_back(&budget);
    }
    for (const Budget* budget : covering) {
      if (budget->allowed <= 0) return block(fmt::format("disruption budget {} lets none go", budget->name));
    }
    evict(number, node);
    world_.unplace(number);
    const bool found_place = settle(number);
    if (found_place) return;
    for (Budget* budget : covering) --budget->allowed;
  }

  Result<NodeNumber> node_named(const std::string& name) {
    const NodeNumber node = world_.node_named(name);
    if (node == kNowhere) return fail(ErrorCode::kNotFound, fmt::format("no node '{}'", name));
    return node;
  }

  void evict(PodNumber number, NodeNumber node) {
    const SchedulePod& pod = world_.pod(number);
    if (pod.owner.starts_with("DaemonSet/") || pod.owner.starts_with("Node/")) return;
    evicted_.push_back(Json::object(
        {{"pod", pod.space + "/" + pod.name}, {"node", world_.node(node).name}, {"comes_again", !pod.owner.empty()}}));
  }

  // Places one pod and writes down where it could have gone.
  bool settle(PodNumber number) {
    Scheduler scheduler(world_);
    std::vector<NodeNumber> feasible;
    if (placed_count_ < kMostPlaced) feasible = scheduler.feasible(number);
    const std::optional<NodeNumber> node = scheduler.place(number);
    if (!node) return false;
    ++placed_count_;
    if (placed_count_ > kMostPlaced) return true;
    Json names = Json::array();
    for (size_t i = 0; i < std::min(feasible.size(), kMostFeasible); ++i) {
      names.push_back(world_.node(feasible[i]).name);
    }
    const SchedulePod& pod = world_.pod(number);
    const NodeGroup* group = groups_.of(*node);
    placed_.push_back(Json::object({{"pod", pod.space + "/" + pod.name},
                                    {"owner", pod.owner},
                                    {"node", world_.node(*node).name},
                                    {"group", group == nullptr ? "" : group->spec.name},
                                    {"feasible_count", static_cast<int64_t>(feasible.size())},
                                    {"feasible", std::move(names)}}));
    return true;
  }

  void place_all() {
    std::vector<PodNumber> waiting = world_.waiting();
    for (bool again = true; again;) {
      again = false;
      std::set<ShapeNumber> hopeless;
      std::vector<PodNumber> left;
      for (const PodNumber pod : waiting) {
        const ShapeNumber shape = world_.pod(pod).shape;
        if (!hopeless.contains(shape) && settle(pod)) {
          again = true;
        } else {
          // What a spread constraint forbids now it may allow after the next pod.
          if (world_.shape(shape).spread.empty()) hopeless.insert(shape);
          left.push_back(pod);
        }
      }
      again = again && !left.empty() && left.size() < waiting.size();
      waiting = std::move(left);
    }
    left_ = std::move(waiting);
    const auto waited = [&](PodNumber pod) { return std::ranges::find(waited_before_, pod) != waited_before_.end(); };
    const auto old = std::ranges::count_if(left_, waited);
    if (old > 0) note(fmt::format("{} of the pods that stay pending wait already now", old));
  }

  void add_made(const Json& workload, int64_t number) {
    add_pod(make_pod(workload, fmt::format("{}-new{}", name_of(workload), number), objects_));
  }

  void add_pod(const Json& pod) {
    if (std::string why = quotas_.admit(pod); !why.empty()) {
      const Json& owner = controller_of(pod);
      const std::string who = owner.is_object() ? fmt::format("{}/{}/{}", owner["kind"].string_or_empty(),
                                                              space_of(pod), owner["name"].string_or_empty())
                                                : fmt::format("Pod/{}/{}", space_of(pod), name_of(pod));
      ++refused_[{who, std::move(why)}];
      ++refused_count_;
      return;
    }
    (void)world_.add_pod(pod);
  }

  void drop(const Json& pod) {
    const auto known = numbers_.find(space_of(pod) + "/" + name_of(pod));
    if (known == numbers_.end()) return;
    quotas_.release(pod);
    world_.remove_pod(known->second);
  }

  Json refused_json() const {
    Json list = Json::array();
    for (const auto& [refusal, count] : refused_) {
      list.push_back(Json::object({{"owner", refusal.first}, {"count", count}, {"says", refusal.second}}));
    }
    return list;
  }

  void note(std::string text) { notes_.push_back(std::move(text)); }

  ClusterObjects objects_;
  const WhatIf& question_;
  ScheduleWorld world_;
  NodeGroups groups_;
  QuotaBook quotas_;
  std::map<std::string, PodNumber> numbers_;
  std::vector<PodNumber> waited_before_, left_;
  size_t placed_count_ = 0;
  int64_t refused_count_ = 0;
  std::map<std::pair<std::string, std::string>, int64_t> refused_;
  Json placed_ = Json::array(), blocked_ = Json::array(), evicted_ = Json::array(), notes_ = Json::array();
};

}  // namespace

Result<std::pair<std::string, int64_t>> read_assignment(std::string_view text) {
  const size_t equals = text.rfind('=');
  int64_t number = -1;
  if (equals != std::string_view::npos) {
    const std::string_view digits = text.substr(equals + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) number = -1;
  }
  if (number < 0 || number > kMostReplicas || equals == 0) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}': expected NAME=NUMBER, the number from 0 to {}", text, kMostReplicas));
  }
  return std::pair(std::string(text.substr(0, equals)), number);
}

Result<Json> answer_whatif(ClusterObjects objects, const NodeGroupSettings& settings, const WhatIf& question) {
  if (objects.of("Node").empty() && question.new_groups.empty()) {
    return fail(ErrorCode::kFailedPrecondition, "no node is known: what could be placed where cannot be told");
  }
  for (const ObjectDocument& document : question.change) {
    Json object = document.object;
    const std::string type = object["kind"].string_or_empty();
    if (has_place(type)) continue;
    set_space(object, question.space);
    if (is_deleted(object)) {
      objects.remove(type, space_of(object), name_of(object));
    } else {
      objects.put(std::move(object));
    }
  }
  return Answerer(std::move(objects), settings, question).answer();
}

bool asks_for_change(const WhatIf& question) {
  return !(question.replicas.empty() && question.more_nodes.empty() && question.new_groups.empty() &&
           question.lost_zones.empty() && question.lost_nodes.empty() && question.drained.empty() &&
           question.cordoned.empty() && question.change.empty());
}

void make_missing_pods(ClusterObjects& objects, bool placed) {
  std::vector<Json> made;
  for (std::string_view type : kWorkloadTypes) {
    if (type == "DaemonSet") continue;
    for (const auto& [key, workload] : objects.of(type)) {
      if (controller_of(workload).is_object() || !pods_of(workload, objects).empty()) continue;
      const int64_t count = std::min(wanted_replicas(workload), kMostReplicas);
      for (int64_t i = 1; i <= count; ++i) {
        made.push_back(make_pod(workload, fmt::format("{}-{}", name_of(workload), i), objects));
      }
    }
  }
  for (const Json& pod : made) objects.put(pod);
  if (!placed) return;
  ScheduleWorld world(objects);
  (void)Scheduler(world).place_all(world.waiting());
  std::map<std::string, std::string> nodes;
  for (const SchedulePod& pod : world.pods()) {
    if (pod.node != kNowhere) nodes[pod.space + "/" + pod.name] = world.node(pod.node).name;
  }
  for (Json& pod : made) {
    const auto node = nodes.find(space_of(pod) + "/" + name_of(pod));
    if (node == nodes.end()) continue;
    Json spec = pod["spec"];
    spec.set("nodeName", node->second);
    pod.set("spec", std::move(spec));
    objects.put(std::move(pod));
  }
}

}  // namespace capstan::foresee
