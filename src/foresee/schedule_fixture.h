// Small clusters written as YAML, for tests of scheduling.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "foresee/cluster_objects.h"
#include "foresee/scheduler.h"

namespace capstan::foresee {

inline ClusterObjects objects_of(std::string_view yaml) {
  ObjectDocuments read = read_objects(yaml, "cluster.yaml");
  for (const Error& problem : read.problems) ADD_FAILURE() << problem.to_string();
  return ClusterObjects::from(std::move(read.documents), "default");
}

inline std::string node_yaml(std::string_view name, std::string_view labels = "", std::string_view spec = "{}",
                             std::string_view allocatable = "cpu: 4, memory: 8Gi, pods: 10") {
  return fmt::format(
      "---\napiVersion: v1\nkind: Node\nmetadata: {{ name: {0}, labels: {{ kubernetes.io/hostname: {0}{1}{2} }} }}\n"
      "spec: {3}\nstatus: {{ allocatable: {{ {4} }} }}\n",
      name, labels.empty() ? "" : ", ", labels, spec, allocatable);
}

// A pod whose `spec` is a YAML flow map's inside; it has one container that asks for `requests`.
inline std::string pod_yaml(std::string_view name, std::string_view spec = "", std::string_view requests = "cpu: 1",
                            std::string_view labels = "app: a") {
  return fmt::format(
      "---\napiVersion: v1\nkind: Pod\nmetadata: {{ name: {}, labels: {{ {} }} }}\n"
      "spec: {{ containers: [ {{ name: main, resources: {{ requests: {{ {} }} }} }} ]{}{} }}\n",
      name, labels, requests, spec.empty() ? "" : ", ", spec);
}

// Where a pod could go, and what is said of it where it could not.
struct Placement {
  std::vector<std::string> feasible;
  std::string says;
  std::vector<std::string> remedies;
  std::string evicts;  // "n1: a b"
};

inline Placement placement_of(std::string_view pod, ScheduleWorld& world) {
  Placement placement;
  for (size_t i = 0; i < world.pods().size(); ++i) {
    if (world.pods()[i].name != pod) continue;
    Scheduler scheduler(world);
    const auto number = static_cast<PodNumber>(i);
    for (const NodeNumber node : scheduler.feasible(number)) placement.feasible.push_back(world.node(node).name);
    const Unplaced unplaced = scheduler.explain(number);
    placement.says = unplaced.says;
    for (const Remedy& remedy : unplaced.remedies) placement.remedies.push_back(remedy.says);
    if (unplaced.preemption) {
      placement.evicts = world.node(unplaced.preemption->node).name + ":";
      for (const PodNumber victim : unplaced.preemption->victims) placement.evicts += " " + world.pod(victim).name;
    }
  }
  return placement;
}

inline Placement placement_of(std::string_view pod, const std::string& yaml) {
  ScheduleWorld world(objects_of(yaml));
  return placement_of(pod, world);
}

}  // namespace capstan::foresee
