#include "connect/kubernetes/verbs/cluster_verbs.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/clock.h"
#include "connect/kubernetes/verbs/drain_verb.h"
#include "connect/kubernetes/verbs/fake_objects.h"

namespace capstan::kubernetes {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

const std::string kWeb = "/apis/apps/v1/namespaces/shop/deployments/web";
const std::string kPods = "/api/v1/namespaces/shop/pods/";
const std::string kDeployment = R"({"apiVersion":"apps/v1","kind":"Deployment",
    "metadata":{"name":"web","namespace":"shop"},
    "spec":{"replicas":3,"template":{"spec":{"containers":[{"name":"main","image":"web:1",
            "env":[{"name":"DB_PASSWORD","value":"geheim"}]}]}}}})";

KindSpec kind(std::string name, std::string group, std::string resource, std::string type) {
  KindSpec spec{.name = std::move(name)};
  spec.objects = ObjectSpec{.system = "kubernetes",
                            .group = std::move(group),
                            .resource = std::move(resource),
                            .type = std::move(type),
                            .identity = {"cluster", "namespace", "name"}};
  return spec;
}

std::string pod(const std::string& name, const std::string& owner, const std::string& volume = "") {
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
    return {.id = fmt::format("{}/prod/{}{}{}", kind_name, space, space.empty() ? "" : "/", name),
            .kind = kind_name,
            .name = name,
            .labels = {},
            .fields = Json::object({{"cluster", "prod"}})};
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
      {.group = "apps", .version = "v1", .plural = "deployments", .kind = "Deployment"},
      {.group = "batch", .version = "v1", .plural = "cronjobs", .kind = "CronJob"},
      {.group = "batch", .version = "v1", .plural = "jobs", .kind = "Job"},
      {.group = "", .version = "v1", .plural = "pods", .kind = "Pod"},
      {.group = "", .version = "v1", .plural = "secrets", .kind = "Secret"},
      {.group = "", .version = "v1", .plural = "nodes", .kind = "Node", .namespaced = false},
  };
  std::unique_ptr<Credentials> credentials_;
  std::unique_ptr<ApiTransport> transport_;
  std::shared_ptr<ClusterContact> contact_;
  std::set<std::string, std::less<>> allowed_ = {"scale", "restart", "cordon",  "uncordon", "drain",
                                                 "evict", "delete",  "run_job", "patch"};
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

TEST_F(ClusterVerbsTest, DoesNothingThatTheSettingsDoNotAllow) {
  allowed_ = {"restart"};
  const Performed done = act("scale", web(), Json::object({{"replicas", 5}}));
  EXPECT_EQ(done.says, "kubernetes.scale is not allowed: name it in the settings, 'kubernetes: {allow: [scale]}'");
  EXPECT_EQ(objects_.changes, 0);
}

TEST_F(ClusterVerbsTest, ScalesAndTakesItBack) {
  const Json parameters = Json::object({{"replicas", 0}});
  EXPECT_EQ(act("scale", web(), parameters).says, "0 replicas in place of 3");
  EXPECT_EQ(objects_.at(kWeb)["spec"]["replicas"].int_or(-1), 0);
  EXPECT_EQ(probe("scale", web(), parameters), ProbeAnswer::kHappened);
  EXPECT_EQ(undo("scale", web(), parameters).says, "3 replicas again");
  EXPECT_EQ(probe("scale", web(), parameters), ProbeAnswer::kDidNotHappen);
}

TEST_F(ClusterVerbsTest, TakesNothingBackThatSomebodyHasScaledSince) {
  const Json parameters = Json::object({{"replicas", 5}});
  act("scale", web(), parameters);
  std::string others = kDeployment;
  others.replace(others.find(":3"), 2, ":7");
  objects_.put(kWeb, others);
  EXPECT_EQ(undo("scale", web(), parameters).says, "somebody has scaled it to 7 since");
  EXPECT_EQ(probe("scale", web(), parameters), ProbeAnswer::kCannotTell);
}

TEST_F(ClusterVerbsTest, RefusesReplicasBelowZero) {
  EXPECT_THAT(act("scale", web(), Json::object({{"replicas", -1}})).says, HasSubstr("0 or more"));
}

TEST_F(ClusterVerbsTest, TouchesNoObjectThatHasTakenTheNameMeanwhile) {
  const Resource old = web();
  const Json parameters = Json::object({{"replicas", 5}});
  const Json before = *verb("scale").state_before(old, parameters);
  objects_.put(kWeb, kDeployment);
  EXPECT_EQ(verb("scale").perform(action("scale", parameters), old, before, {}).state, ActionState::kFailed);
  EXPECT_EQ(objects_.at(kWeb)["spec"]["replicas"].int_or(-1), 3);
  EXPECT_EQ(verb("delete").perform(action("delete", {}), old, before, {}).state, ActionState::kFailed);
  EXPECT_TRUE(objects_.has(kWeb));
  EXPECT_EQ(verb("delete").probe(action("delete", {}), old, before), ProbeAnswer::kHappened);
}

TEST_F(ClusterVerbsTest, RestartsOnceHoweverOftenItIsTried) {
  ASSERT_EQ(act("restart", web(), {}).state, ActionState::kSucceeded);
  const Json first = objects_.at(kWeb)["spec"];
  EXPECT_THAT(first.dump(), HasSubstr("kubectl.kubernetes.io/restartedAt"));
  EXPECT_EQ(probe("restart", web(), {}), ProbeAnswer::kHappened);
  clock_.advance(Duration(60'000));
  EXPECT_EQ(verb("restart").perform(action("restart", {}), web(), before_, {}).state, ActionState::kSucceeded);
  EXPECT_EQ(objects_.at(kWeb)["spec"], first);
}

TEST_F(ClusterVerbsTest, CordonsAndTakesBackOnlyWhatItDid) {
  EXPECT_EQ(act("cordon", node(), {}).state, ActionState::kSucceeded);
  EXPECT_TRUE(objects_.at("/api/v1/nodes/n1")["spec"]["unschedulable"].bool_or(false));
  EXPECT_EQ(undo("cordon", node(), {}).says, "new pods may be placed on it again");
  EXPECT_EQ(probe("cordon", node(), {}), ProbeAnswer::kDidNotHappen);

  objects_.put("/api/v1/nodes/n1",
               R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"n1"},"spec":{"unschedulable":true}})");
  before_ = *verb("cordon").state_before(node(), {});
  EXPECT_EQ(undo("cordon", node(), {}).says, "it was so before");
  EXPECT_TRUE(objects_.at("/api/v1/nodes/n1")["spec"]["unschedulable"].bool_or(false));
}

TEST_F(ClusterVerbsTest, DrainsAllButWhatBelongsToTheNode) {
  objects_.put(kPods + "web-1", pod("web-1", "ReplicaSet"));
  objects_.put(kPods + "agent", pod("agent", "DaemonSet"));
  objects_.put(kPods + "proxy", R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"proxy","namespace":"shop",
      "annotations":{"kubernetes.io/config.mirror":"x"}},"spec":{}})");
  objects_.refused_evictions = 2;
  EXPECT_EQ(act(drain_, node(), {}).says, "cordoned, and 1 pods have left");
  EXPECT_FALSE(objects_.has(kPods + "web-1"));
  EXPECT_TRUE(objects_.has(kPods + "agent"));
  EXPECT_TRUE(objects_.has(kPods + "proxy"));
  EXPECT_EQ(probe("drain", node(), {}), ProbeAnswer::kHappened);
  EXPECT_EQ(undo("drain", node(), {}).says, "new pods may be placed on it again");
}

TEST_F(ClusterVerbsTest, TellsWhatADisruptionBudgetHoldsBack) {
  objects_.put(kPods + "web-1", pod("web-1", "ReplicaSet"));
  objects_.refused_evictions = 1'000;
  const Performed done = act(drain_, node(), Json::object({{"within", "10s"}}));
  EXPECT_EQ(done.state, ActionState::kPartial);
  EXPECT_THAT(done.says, HasSubstr("shop/web-1 still there; shop/web-1: no: TooManyRequests"));
  EXPECT_EQ(done.result["left"].dump(), R"(["shop/web-1"])");
}

TEST_F(ClusterVerbsTest, LosesNoPodForGoodUnlessItIsSaidThatItMay) {
  objects_.put(kPods + "lonely", pod("lonely", ""));
  objects_.put(kPods + "web-1", pod("web-1", "ReplicaSet", R"({"name":"x","emptyDir":{}})"));
  EXPECT_THAT(act(drain_, node(), {}).says, HasSubstr("nobody would make shop/lonely anew"));
  EXPECT_THAT(act(drain_, node(), Json::object({{"unmanaged", true}})).says,
              HasSubstr("shop/web-1 would lose what is in their emptyDir"));
  EXPECT_EQ(objects_.changes, 0);
  EXPECT_EQ(act(drain_, node(), Json::object({{"unmanaged", true}, {"local_data", true}})).state,
            ActionState::kSucceeded);
}

TEST_F(ClusterVerbsTest, EvictsOnlyWhatTheBudgetLetsGo) {
  objects_.put(kPods + "web-1", pod("web-1", "ReplicaSet"));
  const Resource web_pod = target("k8s_pod", kPods + "web-1");
  objects_.refused_evictions = 1;
  EXPECT_EQ(act("evict", web_pod, {}).state, ActionState::kFailed);
  EXPECT_TRUE(objects_.has(kPods + "web-1"));
  EXPECT_EQ(act("evict", web_pod, Json::object({{"grace", "5s"}})).state, ActionState::kSucceeded);
  EXPECT_EQ(probe("evict", web_pod, {}), ProbeAnswer::kHappened);
}

TEST_F(ClusterVerbsTest, RefusesAPropagationThatThereIsNot) {
  EXPECT_THAT(act("delete", web(), Json::object({{"propagation", "Forward"}})).says,
              HasSubstr("one of Background, Foreground, Orphan, found 'Forward'"));
}

TEST_F(ClusterVerbsTest, PatchesAndPutsBackWhatThePlacesHeld) {
  const Json parameters = Json::object({{"patch", *Json::parse(R"({"spec":{"replicas":5,"paused":true}})")}});
  const Json old = objects_.at(kWeb);
  EXPECT_EQ(act("patch", web(), parameters).says, "2 places changed");
  EXPECT_EQ(before_["changes"].dump(), R"([{"after":true,"before":null,"path":"spec.paused"},)"
                                       R"({"after":5,"before":3,"path":"spec.replicas"}])");
  EXPECT_EQ(probe("patch", web(), parameters), ProbeAnswer::kHappened);
  EXPECT_EQ(undo("patch", web(), parameters).says, "2 places are as before");
  EXPECT_EQ(objects_.at(kWeb)["spec"], old["spec"]);
}

TEST_F(ClusterVerbsTest, PatchesByOperations) {
  const Json parameters = Json::object(
      {{"patch",
        *Json::parse(R"([{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"web:2"}])")}});
  EXPECT_EQ(act("patch", web(), parameters).says, "1 places changed");
  EXPECT_EQ(undo("patch", web(), parameters).state, ActionState::kSucceeded);
}

TEST_F(ClusterVerbsTest, ASecretBecomesNoFact) {
  objects_.put("/api/v1/namespaces/shop/secrets/s",
               R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"shop"},"data":{"a":"eA=="}})");
  const Resource secret = target("k8s_secret", "/api/v1/namespaces/shop/secrets/s");
  EXPECT_EQ(verb("patch").check(secret, Json::object({{"patch", Json::object()}})).error().code,
            ErrorCode::kPermissionDenied);
  const Json parameters = Json::object({{"patch", *Json::parse(R"([{"op":"replace",
      "path":"/spec/template/spec/containers/0/env/0/value","value":"neu"}])")}});
  const Performed done = act("patch", web(), parameters);
  EXPECT_EQ(done.state, ActionState::kSkipped);
  EXPECT_THAT(done.says, HasSubstr("looks like a secret"));
}

TEST_F(ClusterVerbsTest, RunsACronJobOnceAnAction) {
  const std::string nightly = "/apis/batch/v1/namespaces/shop/cronjobs/nightly";
  objects_.put(nightly, R"({"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"nightly","namespace":"shop"},
      "spec":{"schedule":"0 3 * * *","jobTemplate":{"metadata":{"labels":{"team":"shop"}},"spec":{"backoffLimit":1}}}})");
  const Resource cron_job = target("k8s_cron_job", nightly);
  const Performed done = act("run_job", cron_job, {});
  EXPECT_EQ(done.state, ActionState::kSucceeded) << done.says;
  const std::string path = objects_.first_below("/apis/batch/v1/namespaces/shop/jobs");
  const Json job = objects_.at(path);
  EXPECT_EQ(job["spec"].dump(), R"({"backoffLimit":1})");
  EXPECT_EQ(job["metadata"]["labels"].dump(), R"({"team":"shop"})");
  EXPECT_EQ(job["metadata"]["ownerReferences"].items()[0]["kind"].string_or_empty(), "CronJob");
  EXPECT_EQ(probe("run_job", cron_job, {}), ProbeAnswer::kHappened);
  objects_.changes = 0;
  EXPECT_EQ(verb("run_job").perform(action("run_job", {}), cron_job, before_, {}).state, ActionState::kSucceeded);
  EXPECT_EQ(objects_.changes, 0);
}

TEST_F(ClusterVerbsTest, CannotTellWithoutTheCluster) {
  const Resource target = web();
  act("scale", target, Json::object({{"replicas", 5}}));
  contact_.reset();
  EXPECT_EQ(probe("scale", target, Json::object({{"replicas", 5}})), ProbeAnswer::kCannotTell);
  EXPECT_EQ(verb("scale").state_before(target, {}).error().code, ErrorCode::kUnavailable);
}

TEST_F(ClusterVerbsTest, EveryVerbHasItsRights) {
  for (const VerbSpec* spec : registry_.specs()) {
    const std::string short_name = spec->name.substr(spec->name.find('.') + 1);
    EXPECT_EQ(std::ranges::count(verb_rights(), short_name, &VerbRights::verb), 1) << short_name;
    EXPECT_THAT(spec->target_kinds, Not(IsEmpty())) << spec->name;
  }
  EXPECT_EQ(registry_.specs().size(), verb_rights().size());
}

}  // namespace
}  // namespace capstan::kubernetes
