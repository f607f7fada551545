// Rules about configuration over a large cluster: all of them from scratch, and what one change costs. The peer is the
// join in SQL that label selectors would be without posting lists, on the same SQLite in the same process.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "foresee/workbench.h"
#include "schema/open_api.h"

namespace {

using namespace capstan;
using Clock = std::chrono::steady_clock;

constexpr int kServices = 1'600;
constexpr int kPods = 10'000;
constexpr int kNamespaces = 100;
constexpr int kNodes = 100;
constexpr int kChanges = 3'000;
constexpr int kWideChanges = 30;

double ms_since(Clock::time_point began) {
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

Json parse(const std::string& text) { return Json::parse(text).value(); }

Json pod(int number, std::string_view label) {
  const int app = number % kServices;
  return parse(fmt::format(
      R"({{"apiVersion": "v1", "kind": "Pod", "metadata": {{"name": "pod{0}", "namespace": "ns{1}", "labels": {{"app": "app{2}", "tier": "{3}"}},
        "ownerReferences": [{{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "rs{2}", "uid": "rs{2}", "controller": true}}]}},
        "spec": {{"nodeName": "node{4}", "containers": [{{"name": "main", "image": "registry.example/app{2}:1.2",
          "ports": [{{"name": "http", "containerPort": 8080}}], "resources": {{"requests": {{"cpu": "100m", "memory": "128Mi"}},
          "limits": {{"memory": "256Mi"}}}}}}]}},
        "status": {{"phase": "Running", "conditions": [{{"type": "Ready", "status": "True"}}]}}}})",
      number, app % kNamespaces, app, label, number % kNodes));
}

Json service(int number, int app) {
  return parse(fmt::format(
      R"({{"apiVersion": "v1", "kind": "Service", "metadata": {{"name": "svc{0}", "namespace": "ns{1}"}},
        "spec": {{"type": "ClusterIP", "selector": {{"app": "app{2}"}}, "ports": [{{"name": "http", "port": 80, "targetPort": 8080}}]}}}})",
      number, number % kNamespaces, app));
}

Json node(int number, int cores) {
  return parse(fmt::format(R"({{"apiVersion": "v1", "kind": "Node", "metadata": {{"name": "node{}"}},
      "status": {{"allocatable": {{"cpu": "{}", "memory": "256Gi", "pods": "250"}}}}}})",
                           number, cores));
}

std::vector<foresee::ObjectDocument> cluster() {
  std::vector<foresee::ObjectDocument> objects;
  for (int i = 0; i < kNamespaces; ++i) {
    objects.push_back(
        {parse(fmt::format(R"({{"apiVersion": "v1", "kind": "Namespace", "metadata": {{"name": "ns{}"}}}})", i)), {}});
  }
  for (int i = 0; i < kNodes; ++i) objects.push_back({node(i, 64), {}});
  for (int i = 0; i < kServices; ++i) {
    objects.push_back({service(i, i), {}});
    objects.push_back(
        {parse(fmt::format(
             R"({{"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {{"name": "rs{0}", "namespace": "ns{1}"}},
      "spec": {{"replicas": 6, "selector": {{"matchLabels": {{"app": "app{0}"}}}}, "template": {{"metadata": {{"labels": {{"app": "app{0}"}}}},
      "spec": {{"containers": [{{"name": "main", "image": "registry.example/app{0}:1.2"}}]}}}}}}}})",
             i, i % kNamespaces)),
         {}});
  }
  for (int i = 0; i < kPods; ++i) objects.push_back({pod(i, "a"), {}});
  return objects;
}

void report(std::string_view what, std::vector<double> times) {
  std::ranges::sort(times);
  fmt::print("{:<40} p50 {:8.2f} ms   p99 {:8.2f} ms   most {:8.2f} ms\n", what, times[times.size() / 2],
             times[times.size() * 99 / 100], times.back());
}

double join_in_sql(catalog::Picture& picture) {
  const auto began = Clock::now();
  auto rows = picture.database().prepare(
      "SELECT count(*) FROM k8s_service s JOIN k8s_pod p ON p.cluster = s.cluster AND p.namespace = s.namespace "
      "WHERE NOT EXISTS (SELECT 1 FROM json_each(s.selector) w WHERE NOT EXISTS (SELECT 1 FROM label l "
      "WHERE l.resource = p.id AND l.name = w.key AND l.value = w.value))");
  if (!rows || !rows->step().value_or(false)) fmt::print("the peer's join failed\n");
  return ms_since(began);
}

// A definition of about the form that pods have: what all fields cost that are there, and the lists in them.
Json pod_definition() {
  return parse(
      R"({"spec": {"group": "bench.example", "names": {"kind": "Pod"}, "versions": [{"name": "v1", "served": true,
    "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", "required": ["containers"],
      "properties": {"nodeName": {"type": "string"}, "restartPolicy": {"type": "string", "enum": ["Always", "OnFailure", "Never"]},
      "containers": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
        "items": {"type": "object", "required": ["name"], "properties": {
          "name": {"type": "string", "maxLength": 63, "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}, "image": {"type": "string"},
          "ports": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"},
            "containerPort": {"type": "integer", "minimum": 1, "maximum": 65535}}}},
          "resources": {"type": "object", "properties": {
            "requests": {"type": "object", "additionalProperties": {"x-kubernetes-int-or-string": true}},
            "limits": {"type": "object", "additionalProperties": {"x-kubernetes-int-or-string": true}}}}}}}}},
      "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}}]}})");
}

void check_forms() {
  const auto schemas = schema::schemas_of_definition(pod_definition());
  std::vector<Json> pods;
  for (int i = 0; i < kPods; ++i) pods.push_back(pod(i, "a"));
  const auto began = Clock::now();
  size_t faults = 0;
  for (const Json& one : pods) faults += schemas.begin()->second.check(one).faults.size();
  const double spent = ms_since(began);
  fmt::print("the form of {} pods by a schema: {:.1f} ms, {:.2f} us an object, {} faults\n", kPods, spent,
             spent * 1'000 / kPods, faults);
}

}  // namespace

int main() {
  const std::filesystem::path packs = std::filesystem::path(CAPSTAN_SOURCE_DIR) / "packs";
  auto bench = foresee::open_workbench({packs});
  if (!bench) return fmt::print("{}\n", bench.error().message), 1;
  const std::vector<foresee::ObjectDocument> objects = cluster();
  auto began = Clock::now();
  for (const Error& problem : bench->checker->assume(objects, {})) fmt::print("{}\n", problem.to_string());
  fmt::print("{} objects, {} rules: taken in and asked in {:.0f} ms\n", objects.size(), bench->rules->size(),
             ms_since(began));

  std::vector<double> whole;
  for (int i = 0; i < 5; ++i) {
    began = Clock::now();
    (void)bench->rules->ask_all();
    whole.push_back(ms_since(began));
  }
  report("all rules of all objects", whole);

  const auto measure = [&](std::string_view what, auto make, int changes = kChanges) {
    std::vector<double> times;
    for (int i = 0; i < changes; ++i) {
      const std::vector<foresee::ObjectDocument> change = {{make(i), {}}};
      const auto start = Clock::now();
      (void)bench->checker->check(change, {});
      times.push_back(ms_since(start));
    }
    report(what, times);
  };
  measure("check: a pod's label", [](int i) { return pod(i * 31 % kPods, "b"); });
  measure("check: a service's selector",
          [](int i) { return service(i * 5 % kServices, (i * 5 + kNamespaces) % kServices); });
  measure("check: a config map", [](int i) {
    return parse(fmt::format(
        R"({{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {{"name": "new{}", "namespace": "ns1"}}}})", i));
  });

  // These reach everything in them.
  measure(
      "check, wide: a namespace's label",
      [](int i) {
        return parse(fmt::format(R"({{"apiVersion": "v1", "kind": "Namespace", "metadata": {{"name": "ns{}",
            "labels": {{"pod-security.kubernetes.io/enforce": "baseline"}}}}}})",
                                 i));
      },
      kWideChanges);
  measure("check, wide: a node's size", [](int i) { return node(i, 32); }, kWideChanges);

  const double join = join_in_sql(*bench->picture);
  catalog::SelectorIndex index;
  std::vector<catalog::SelectorIndex::Pair> pairs;
  for (int i = 0; i < kPods; ++i) {
    index.set_target(fmt::format("pod{}", i), fmt::format("ns{}", i % kServices % kNamespaces),
                     {{"app", fmt::format("app{}", i % kServices)}, {"tier", "a"}}, pairs);
  }
  began = Clock::now();
  for (int i = 0; i < kServices; ++i) {
    const std::vector<LabelSelector> selector = {LabelSelector::parse(fmt::format("app=app{}", i)).value()};
    index.set_source(0, fmt::format("svc{}", i), fmt::format("ns{}", i % kNamespaces), selector, pairs);
  }
  const double native = ms_since(began);
  fmt::print("{} selectors over {} pods: posting lists {:.2f} ms, a join in SQL {:.0f} ms: {:.0f} times faster\n",
             kServices, kPods, native, join, join / native);
  check_forms();
}
