// What a resource costs in memory beyond its own text: in the catalog as the loop keeps it, and in the picture. The
// peer is the text itself, parsed, as a cache of objects would hold it.
#include <fmt/format.h>
#include <jemalloc/jemalloc.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/pack_kinds.h"
#include "catalog/picture.h"
#include "catalog/relation_spec.h"
#include "model/object_mapping.h"

namespace {

using namespace capstan;

constexpr int kNodes = 1'000;
constexpr int kApps = 5'000;
constexpr size_t kBatch = 500;  // As a list comes in pages.

double resident_bytes() {
  (void)::mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0);  // What is free in all arenas.
  std::ifstream file("/proc/self/statm");
  double total = 0;
  double resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

// A pod as an API server gives it, without its managed fields.
Json pod(int number) {
  const int app = number % kApps;
  return Json::
      parse(fmt::format(
                R"({{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"app{0}-7b46c4b544-{1:05}","generateName":"app{0}-7b46c4b544-","namespace":"team{2}",
"uid":"8a3a0f9e-7a3c-4f3b-9c55-{1:012}","creationTimestamp":"2026-10-05T08:00:00Z","labels":{{"app":"app{0}","pod-template-hash":"7b46c4b544","team":"team{2}","tier":"web"}},
"annotations":{{"prometheus.io/scrape":"true","prometheus.io/port":"8080"}},
"ownerReferences":[{{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"app{0}-7b46c4b544","uid":"1f0e2d3c-0000-4000-8000-{0:012}","controller":true,"blockOwnerDeletion":true}}]}},
"spec":{{"volumes":[{{"name":"settings","configMap":{{"name":"app{0}","defaultMode":420}}}},{{"name":"kube-api-access-x7k2p","projected":{{"sources":[{{"serviceAccountToken":{{"expirationSeconds":3607,"path":"token"}}}},
{{"configMap":{{"name":"kube-root-ca.crt","items":[{{"key":"ca.crt","path":"ca.crt"}}]}}}},{{"downwardAPI":{{"items":[{{"path":"namespace","fieldRef":{{"apiVersion":"v1","fieldPath":"metadata.namespace"}}}}]}}}}],"defaultMode":420}}}}],
"containers":[{{"name":"main","image":"registry.example/team{2}/app{0}:1.2.{1}","ports":[{{"name":"http","containerPort":8080,"protocol":"TCP"}}],
"env":[{{"name":"POD_NAME","valueFrom":{{"fieldRef":{{"apiVersion":"v1","fieldPath":"metadata.name"}}}}}},{{"name":"MODE","valueFrom":{{"configMapKeyRef":{{"name":"app{0}","key":"mode"}}}}}}],
"resources":{{"limits":{{"memory":"256Mi"}},"requests":{{"cpu":"100m","memory":"128Mi"}}}},
"volumeMounts":[{{"name":"settings","mountPath":"/etc/app"}},{{"name":"kube-api-access-x7k2p","readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}}],
"livenessProbe":{{"httpGet":{{"path":"/healthz","port":"http","scheme":"HTTP"}},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3}},
"readinessProbe":{{"httpGet":{{"path":"/ready","port":"http","scheme":"HTTP"}},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3}},
"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}}],
"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"app{0}","serviceAccount":"app{0}","nodeName":"node{3}",
"securityContext":{{}},"schedulerName":"default-scheduler","tolerations":[{{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}},
{{"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}}],"priority":0,"enableServiceLinks":true,"preemptionPolicy":"PreemptLowerPriority"}},
"status":{{"phase":"Running","conditions":[{{"type":"PodReadyToStartContainers","status":"True"}},{{"type":"Initialized","status":"True"}},{{"type":"Ready","status":"True"}},{{"type":"ContainersReady","status":"True"}},{{"type":"PodScheduled","status":"True"}}],
"hostIP":"10.1.{4}.{5}","podIP":"10.2.{4}.{5}","podIPs":[{{"ip":"10.2.{4}.{5}"}}],"startTime":"2026-10-05T08:00:00Z",
"containerStatuses":[{{"name":"main","state":{{"running":{{"startedAt":"2026-10-05T08:00:03Z"}}}},"lastState":{{}},"ready":true,"restartCount":0,"image":"registry.example/team{2}/app{0}:1.2.{1}",
"imageID":"registry.example/team{2}/app{0}@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a{6:02}","containerID":"containerd://{1:064}","started":true}}],"qosClass":"Burstable"}}}})",
                app, number, app % 100, number % kNodes, number / 250 % 250, number % 250, number % 100))
          .value();
}

struct Facts {
  Seq last = 0;
  std::vector<Fact> numbered(std::vector<NewFact> facts) {
    std::vector<Fact> all;
    for (NewFact& fact : facts) {
      all.push_back({.seq = ++last,
                     .at = fact.at,
                     .kind = std::move(fact.kind),
                     .subject = std::move(fact.subject),
                     .body = std::move(fact.body),
                     .cause = 0,
                     .actor = std::move(fact.actor)});
    }
    return all;
  }
};

std::vector<Resource> page_of(const ObjectMapping& mapping, int from, size_t count, double& text_bytes, double& texts) {
  const KindSpec* kind = mapping.by_type("", "Pod");
  std::vector<Resource> page;
  for (size_t i = 0; i < count; ++i) {
    Resource resource =
        ObjectMapping::to_resource(*kind, pod(from + static_cast<int>(i)), Json::object({{"cluster", "prod"}})).value();
    text_bytes += static_cast<double>(resource.fields.dump().size());
    ++texts;
    page.push_back(std::move(resource));
  }
  return page;
}

}  // namespace

int main(int argc, char** argv) {
  const int pods = argc > 1 ? std::atoi(argv[1]) : 20'000;
  const std::filesystem::path packs = std::filesystem::path(CAPSTAN_SOURCE_DIR) / "packs";
  const std::vector<std::filesystem::path> directories = {packs};
  const std::vector<KindSpec> kinds = catalog::load_kinds(directories).kinds;
  const ObjectMapping mapping(kinds, "kubernetes");
  const std::filesystem::path file = std::filesystem::temp_directory_path() / fmt::format("bench-{}.db", ::getpid());
  auto known = catalog::Catalog::open(file, kinds).value();
  auto picture = catalog::Picture::create(kinds, catalog::load_relations(directories).relations).value();
  double text_bytes = 0;
  double texts = 0;
  Facts facts;
  const auto each_page = [&](auto use) {
    for (int from = 0; from < pods; from += static_cast<int>(kBatch)) {
      use(page_of(mapping, from, std::min(kBatch, static_cast<size_t>(pods - from)), text_bytes, texts));
    }
  };
  const auto report = [&](std::string_view what, double before, std::chrono::steady_clock::time_point began) {
    const double bytes = (resident_bytes() - before) / pods;
    const double text = text_bytes / texts;
    fmt::print("{:<22} {:7.0f} bytes a pod, {:5.2f} times its text of {:.0f}; {:.1f} us a pod\n", what, bytes,
               bytes / text, text,
               std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count() / pods);
  };
  double before = resident_bytes();
  auto began = std::chrono::steady_clock::now();
  each_page([&](std::vector<Resource> page) {
    Observation look{.scope = "kubernetes:prod",
                     .at = from_unix_ms(1'800'000'000'000),
                     .resources = std::move(page),
                     .relations = {},
                     .complete_kinds = {},
                     .departures = {}};
    if (auto done = known->apply(facts.numbered(known->diff(look).facts)); !done)
      fmt::print("{}\n", done.error().message);
  });
  report("catalog", before, began);
  before = resident_bytes();
  began = std::chrono::steady_clock::now();
  std::vector<catalog::KeptResource> all = known->all();
  for (size_t i = 0; i < all.size(); i += kBatch) {
    (void)picture->begin_batch();
    for (size_t j = i; j < std::min(all.size(), i + kBatch); ++j) (void)picture->put(all[j]);
    (void)picture->end_batch();
    (void)picture->take_changes();
  }
  all = {};
  report("picture", before, began);
  before = resident_bytes();
  began = std::chrono::steady_clock::now();
  std::vector<Json> parsed;
  each_page([&](std::vector<Resource> page) {
    for (Resource& resource : page) parsed.push_back(std::move(resource.fields));
  });
  report("parsed objects (peer)", before, began);
  std::filesystem::remove(file);
  for (const char* end : {"-wal", "-shm"}) std::filesystem::remove(file.string() + end);
}
