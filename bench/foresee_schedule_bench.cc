// Placing all pods of a large cluster by the scheduling simulation. There is no peer in the same run: the real
// scheduler is compared for what it decides (tests/peers/kubernetes/scheduling_test.py), not for how fast.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <vector>

#include "foresee/scheduler.h"

namespace {

using namespace capstan;
using Clock = std::chrono::steady_clock;

constexpr int kNodes = 1'000;
constexpr int kPods = 10'000;
constexpr int kApps = 200;

double ms_since(Clock::time_point began) {
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

Json parse(const std::string& text) { return Json::parse(text).value(); }

Json node(int number) {
  return parse(fmt::format(
      R"({{"kind": "Node", "metadata": {{"name": "n{0}", "labels": {{"kubernetes.io/hostname": "n{0}", "pool": "p{2}",
        "topology.kubernetes.io/zone": "z{1}"}}}}, "spec": {{"taints": {3}}},
        "status": {{"allocatable": {{"cpu": "16", "memory": "64Gi", "pods": "110"}}}}}})",
      number, number % 3, number % 10,
      number % 10 == 9 ? R"([{"key": "dedicated", "value": "batch", "effect": "NoSchedule"}])" : "[]"));
}

// Every fourth app spreads over zones, every fifth keeps its pods on different nodes, every tenth wants a pool.
Json pod(int number) {
  const int app = number % kApps;
  std::string more;
  if (app % 4 == 0) {
    more += fmt::format(R"(, "topologySpreadConstraints": [{{"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone",
      "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {{"matchLabels": {{"app": "a{}"}}}}}}])",
                        app);
  }
  if (app % 5 == 1) {
    more += fmt::format(R"(, "affinity": {{"podAntiAffinity": {{"requiredDuringSchedulingIgnoredDuringExecution": [{{
      "topologyKey": "kubernetes.io/hostname", "labelSelector": {{"matchLabels": {{"app": "a{}"}}}}}}]}}}})",
                        app);
  }
  if (app % 10 == 2) more += fmt::format(R"(, "nodeSelector": {{"pool": "p{}"}})", app / 10 % 9);
  return parse(fmt::format(
      R"({{"kind": "Pod", "metadata": {{"name": "pod{0}", "namespace": "ns{2}", "labels": {{"app": "a{1}"}},
        "ownerReferences": [{{"kind": "ReplicaSet", "name": "rs{1}", "controller": true}}]}},
        "spec": {{"containers": [{{"name": "main", "resources": {{"requests": {{"cpu": "{3}m", "memory": "{4}Mi"}}}}}}]{5}}}}})",
      number, app, app % 20, 250 + app % 5 * 250, 512 + app % 3 * 1024, more));
}

}  // namespace

int main() {
  foresee::ClusterObjects objects;
  for (int i = 0; i < kNodes; ++i) objects.put(node(i));
  for (int i = 0; i < kPods; ++i) objects.put(pod(i));
  auto began = Clock::now();
  foresee::ScheduleWorld world(objects);
  fmt::print("{} nodes and {} pods: read in {:.0f} ms\n", kNodes, kPods, ms_since(began));
  began = Clock::now();
  const std::clock_t processor = std::clock();
  const size_t left = foresee::Scheduler(world).place_all(world.waiting()).size();
  const double taken = ms_since(began);
  fmt::print("all placed but {} in {:.0f} ms ({:.0f} ms of processor time): {:.0f} pods a second\n", left, taken,
             1000.0 * static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC, kPods / taken * 1000);
  began = Clock::now();
  foresee::ScheduleWorld copy = world;
  fmt::print("a copy of the world in {:.1f} ms\n", ms_since(began));
}
