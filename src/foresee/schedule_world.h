// Nodes and pods as arrays, for the scheduling simulation (foresee/schedule_filters.h): taken from the objects of a
// cluster once, then changed by placing pods and adding or taking away nodes. A copy is a world of its own.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "foresee/cluster_objects.h"
#include "foresee/pod_shape.h"

namespace capstan::foresee {

using NodeNumber = int;
using PodNumber = int;
using ShapeNumber = int;
inline constexpr int kNowhere = -1;

// Pods that no selector can tell apart: namespace and labels.
struct PodClass {
  std::string space;
  ResourceLabels labels;
};

// How many pods of a class are on a node.
struct ClassCount {
  int pod_class = 0;
  int pods = 0;
  int leaving = 0;  // Of them.
};

struct ScheduleNode {
  std::string name;
  ResourceLabels labels;
  std::vector<Taint> taints;
  bool unschedulable = false;
  bool gone = false;
  Amounts allocatable;
  Amounts used;
  int64_t usual_cpu = 0;  // Used, as scores count.
  int64_t usual_memory = 0;
  std::vector<HostPort> ports;
  std::vector<ClassCount> classes;
  std::vector<PodNumber> pods;
};

struct SchedulePod {
  std::string space;
  std::string name;
  std::string owner;  // "ReplicaSet/web-5d"; "" for a pod of its own.
  ShapeNumber shape = 0;
  NodeNumber node = kNowhere;
  bool leaving = false;
  bool gone = false;
  bool is_new = false;  // Made for the question.
  std::string created;  // As the API writes times.
};

// Where volumes let a pod be; the same for all pods of a shape.
struct VolumeDemand {
  std::string problem;                                               // Why no node will do, or "".
  std::vector<std::vector<NodeTerm>> affinities;                     // Each must hold by one of its terms.
  std::vector<std::pair<std::string, std::set<std::string>>> zones;  // A node's label and the values that will do.
  std::vector<std::vector<NodeTerm>> provisioning;  // As affinities, of volumes that are yet to be made or found.
  std::vector<std::string> exclusive;               // Claims that one pod may use at a time.
};

// The values of a node label, by number.
struct Topology {
  std::string label;
  std::vector<std::string> values;
  std::vector<int> of_node;  // kNowhere where a node lacks the label.
};

// A term of pods that are placed, and how many of them (or their weights) there are by value of its topology.
struct HeldTerm {
  PodTerm term;
  int topology = 0;
  std::vector<int64_t> counts;
};

class ScheduleWorld {
 public:
  // All nodes with the pods that are on them, and the pods that wait for one.
  explicit ScheduleWorld(const ClusterObjects& objects);

  NodeNumber add_node(ScheduleNode node);
  // Of a Node object; nothing runs on it yet.
  static ScheduleNode read_node(const Json& object, ResourceNames& names);
  // Its pods wait again, those of daemon sets and of their own are gone; gives those that wait.
  std::vector<PodNumber> remove_node(NodeNumber node);
  void set_unschedulable(NodeNumber node, bool unschedulable);

  PodNumber add_pod(const Json& pod);
  void place(PodNumber pod, NodeNumber node);
  void unplace(PodNumber pod);
  void remove_pod(PodNumber pod);

  const std::vector<ScheduleNode>& nodes() const { return nodes_; }
  const std::vector<SchedulePod>& pods() const { return pods_; }
  const SchedulePod& pod(PodNumber number) const { return pods_[static_cast<size_t>(number)]; }
  const ScheduleNode& node(NodeNumber number) const { return nodes_[static_cast<size_t>(number)]; }
  const PodShape& shape(ShapeNumber number) const { return *shapes_[static_cast<size_t>(number)].shape; }
  const PodShape& shape_of(PodNumber number) const { return shape(pod(number).shape); }
  const VolumeDemand& volumes(ShapeNumber number) const { return *shapes_[static_cast<size_t>(number)].volumes; }
  int class_of(ShapeNumber number) const { return shapes_[static_cast<size_t>(number)].pod_class; }
  const PodClass& pod_class(int number) const { return *classes_[static_cast<size_t>(number)]; }
  size_t class_count() const { return classes_.size(); }
  ResourceNames& names() { return names_; }
  const ResourceNames& names() const { return names_; }
  NodeNumber node_named(std::string_view name) const;
  size_t node_count() const { return nodes_.size() - gone_nodes_; }

  int topology_number(const std::string& label);
  const Topology& topology(int number) const { return topologies_[static_cast<size_t>(number)]; }
  // Of pods that are placed: required anti-affinity, and what they would like (anti-affinity by negative weights).
  const std::vector<HeldTerm>& kept_apart() const { return kept_apart_; }
  const std::vector<HeldTerm>& liked() const { return liked_; }
  int claim_users(const std::string& claim) const;

  // Those that wait for a node, in the order in which the scheduler takes them: by priority, then by age.
  std::vector<PodNumber> waiting() const;

 private:
  struct Shape {
    std::shared_ptr<const PodShape> shape;
    std::shared_ptr<const VolumeDemand> volumes;
    int pod_class = 0;
    std::vector<std::pair<int, int64_t>> held_apart;  // Terms among kept_apart_, each once.
    std::vector<std::pair<int, int64_t>> held_liked;  // And among liked_, with their weights.
  };

  void read_surroundings(const ClusterObjects& objects);
  VolumeDemand read_volumes(const PodShape& shape) const;
  void read_volume(const Json& volume, VolumeDemand& demand) const;
  void read_unbound(const Json& claim, const std::string& name, VolumeDemand& demand) const;
  ShapeNumber shape_number(const Json& pod);
  int class_number(const std::string& space, const ResourceLabels& labels);
  int held_number(std::vector<HeldTerm>& held, std::map<std::string, int>& known, const PodTerm& term);
  void count_held(const Shape& shape, NodeNumber node, int64_t times);
  int value_in(Topology& topology, const ScheduleNode& node);

  ResourceNames names_;
  std::vector<ScheduleNode> nodes_;
  size_t gone_nodes_ = 0;
  std::vector<SchedulePod> pods_;
  std::vector<Shape> shapes_;
  std::unordered_map<std::string, ShapeNumber> shape_numbers_;
  std::vector<std::shared_ptr<const PodClass>> classes_;
  std::unordered_map<std::string, int> class_numbers_;
  std::vector<Topology> topologies_;
  std::vector<HeldTerm> kept_apart_;
  std::vector<HeldTerm> liked_;
  std::map<std::string, int> kept_apart_numbers_;
  std::map<std::string, int> liked_numbers_;
  std::map<std::string, int, std::less<>> claim_users_;
  // What pods refer to.
  std::map<std::string, ResourceLabels> spaces_;
  std::map<std::string, int64_t, std::less<>> priorities_;
  std::shared_ptr<const ClusterObjects::OfType> claims_, volumes_, storage_classes_;
};

}  // namespace capstan::foresee
