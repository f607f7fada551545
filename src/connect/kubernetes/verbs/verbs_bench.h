// Verbs on objects that a fake server keeps, as the executor uses them.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "connect/kubernetes/verbs/cluster_verbs.h"
#include "connect/kubernetes/verbs/drain_verb.h"
#include "connect/kubernetes/verbs/fake_objects.h"

namespace capstan::kubernetes {

inline const std::string kWeb = "/apis/apps/v1/namespaces/shop/deployments/web";
inline const std::string kPods = "/api/v1/namespaces/shop/pods/";
inline const std::string kDeployment = R"({"apiVersion":"apps/v1","kind":"Deployment",
    "metadata":{"name":"web","namespace":"shop"},
    "spec":{"replicas":3,"template":{"spec":{"containers":[{"name":"main","image":"web:1",
            "env":[{"name":"DB_PASSWORD","value":"geheim"}]}]}}}})";

inline KindSpec kind(std::string name, std::string group, std::string resource, std::string type) {
  KindSpec spec{.name = std::move(name)};
  spec.objects = ObjectSpec{.system = "kubernetes",
                            .group = std::move(group),
                            .resource = std::move(resource),
                            .type = std::move(type),
                            .identity = {"cluster", "namespace", "name"}};
  return spec;
}

inline std::string pod(const std::string& name, const std::string& owner, const std::string& volume = "") {
  return fmt::format(R"({{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"{}","namespace":"shop",
      "ownerReferences":[{}]}},"spec":{{"nodeName":"n1","volumes":[{}]}}}})",
                     name, owner.empty() ? "" : fmt::format(R"({{"kind":"{}","controller":true}})", owner), volume);
}

class ClusterVerbsTest : public testing::Test {
 protected:
  ClusterVerbsTest() {
    ClusterAccess access;
    access.server = "https://api";
    credentials_ = std::make_unique<Credentials>(std::move(access), Environment{}, clock_);
    transport_ =
        std::make_unique<ApiTransport>(http_, *credentials_, [](Duration, const std::stop_token&) { return true; });
    contact_ = std::make_shared<ClusterContact>(
        ClusterContact{.cluster = "prod",
                       .client = ApiClient(*transport_),
                       .pods = PodApi(*transport_),
                       .type_of = [this](std::string_view group, std::string_view name) -> std::optional<ResourceType> {
                         for (const ResourceType& type : types_) {
                           if (type.group == group && type.kind == name) return type;
                         }
                         return std::nullopt;
                       }});
    EXPECT_TRUE(add_cluster_verbs(registry_, reach_, clock_).has_value());
    objects_.put(kWeb, kDeployment);
    objects_.put("/api/v1/nodes/n1", R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"n1"},"spec":{}})");
  }

  Resource target(const std::string& kind_name, const std::string& path) {
    const Json metadata = objects_.at(path)["metadata"];
    const std::string space = metadata["namespace"].string_or_empty();
    const std::string name = metadata["name"].string_or_empty();
    ResourceLabels labels;
    for (const auto& [key, value] : metadata["labels"].members()) labels[key] = value.string_or_empty();
    // As the catalog's row has it.
    return {.id = fmt::format("{}/prod/{}{}{}", kind_name, space, space.empty() ? "" : "/", name),
            .kind = kind_name,
            .name = name,
            .labels = std::move(labels),
            .fields = Json::object({{"cluster", "prod"},
                                    {"api_version", objects_.at(path)["apiVersion"]},
                                    {"annotations", metadata["annotations"]}})};
  }
  Resource web() { return target("k8s_deployment", kWeb); }
  Resource node() { return target("k8s_node", "/api/v1/nodes/n1"); }

  Verb& verb(const std::string& name) { return *registry_.find("kubernetes." + name); }
  Action action(const std::string& name, Json parameters) {
    return {.id = "plan-1/1", .verb = "kubernetes." + name, .target = "x", .parameters = std::move(parameters)};
  }

  // As the executor does it, up to the effect.
  Performed act(Verb& verb, const Resource& target, const Json& parameters) {
    if (const Status checked = verb.check(target, parameters); !checked) {
      return {.state = ActionState::kSkipped, .says = checked.error().message};
    }
    const Result<Json> before = verb.state_before(target, parameters);
    if (!before) return {.state = ActionState::kSkipped, .says = before.error().message};
    before_ = *before;
    EXPECT_NE(verb.probe({.id = "plan-1/1", .parameters = parameters}, target, before_), ProbeAnswer::kHappened);
    return verb.perform({.id = "plan-1/1", .parameters = parameters}, target, before_, {});
  }
  Performed act(const std::string& name, const Resource& target, const Json& parameters) {
    return act(verb(name), target, parameters);
  }
  ProbeAnswer probe(const std::string& name, const Resource& target, const Json& parameters) {
    return verb(name).probe({.id = "plan-1/1", .parameters = parameters}, target, before_);
  }
  Performed undo(const std::string& name, const Resource& target, const Json& parameters) {
    return verb(name).undo({.id = "plan-1/1", .parameters = parameters}, target, before_, {});
  }

  VirtualClock clock_{from_unix_ms(1'700'000'000'000)};
  FakeObjects objects_;
  FakeHttpClient http_{[this](const HttpRequest& request) { return objects_.answer(request); }};
  std::vector<ResourceType> types_ = {
      {.group = "apps",
       .version = "v1",
       .plural = "deployments",
       .kind = "Deployment",
       .subresources = {"scale", "status"}},
      {.group = "batch", .version = "v1", .plural = "cronjobs", .kind = "CronJob"},
      {.group = "batch", .version = "v1", .plural = "jobs", .kind = "Job"},
      {.group = "", .version = "v1", .plural = "pods", .kind = "Pod"},
      {.group = "", .version = "v1", .plural = "secrets", .kind = "Secret"},
      {.group = "", .version = "v1", .plural = "nodes", .kind = "Node", .namespaced = false},
      {.group = "autoscaling",
       .version = "v2",
       .plural = "horizontalpodautoscalers",
       .kind = "HorizontalPodAutoscaler"},
  };
  std::unique_ptr<Credentials> credentials_;
  std::unique_ptr<ApiTransport> transport_;
  std::shared_ptr<ClusterContact> contact_;
  std::set<std::string, std::less<>> allowed_ = {"scale", "stop",  "start",  "restart", "cordon", "uncordon",
                                                 "drain", "evict", "delete", "run_job", "patch"};
  ClusterReach reach_{
      .kinds = {kind("k8s_deployment", "apps", "deployments", "Deployment"),
                kind("k8s_cron_job", "batch", "cronjobs", "CronJob"), kind("k8s_pod", "", "pods", "Pod"),
                kind("k8s_secret", "", "secrets", "Secret"), kind("k8s_node", "", "nodes", "Node")},
      .contact = [this](std::string_view) -> Result<std::shared_ptr<const ClusterContact>> {
        if (!contact_) return fail(ErrorCode::kNotFound, "prod is not watched");
        return std::shared_ptr<const ClusterContact>(contact_);
      },
      .allows = [this](std::string_view name) { return allowed_.contains(name); },
      .patience = Duration(0)};
  VerbRegistry registry_;
  DrainVerb drain_{{"k8s_node"}, reach_, clock_, [this](Duration time, const std::stop_token&) {
                     clock_.advance(time);
                     return true;
                   }};
  Json before_;
};

}  // namespace capstan::kubernetes
