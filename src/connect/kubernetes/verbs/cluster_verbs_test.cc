#include "connect/kubernetes/verbs/cluster_verbs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connect/kubernetes/verbs/verbs_bench.h"

namespace capstan::kubernetes {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

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
