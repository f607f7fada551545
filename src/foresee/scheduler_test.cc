#include "foresee/scheduler.h"

#include <gmock/gmock.h>

#include "foresee/schedule_fixture.h"

namespace capstan::foresee {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::map<std::string, std::string> places(const std::string& yaml) {
  ScheduleWorld world(objects_of(yaml));
  (void)Scheduler(world).place_all(world.waiting());
  std::map<std::string, std::string> found;
  for (const SchedulePod& pod : world.pods()) {
    found[pod.name] = pod.node == kNowhere ? "" : world.node(pod.node).name;
  }
  return found;
}

TEST(Scheduler, PlacesPodsOnTheEmptierNode) {
  const std::string nodes = node_yaml("n1") + node_yaml("n2") + pod_yaml("old", "nodeName: n1", "cpu: 2, memory: 4Gi");
  EXPECT_EQ(places(nodes + pod_yaml("p"))["p"], "n2");
}

TEST(Scheduler, PlacesTheMoreImportantFirst) {
  const std::string one = node_yaml("n1", "", "{}", "cpu: 1, pods: 10");
  const auto found = places(one + pod_yaml("a") + pod_yaml("b", "priority: 1000"));
  EXPECT_EQ(found.at("a"), "");
  EXPECT_EQ(found.at("b"), "n1");
}

TEST(Scheduler, PlacesThoseThatHaveWaitedBeforeNewOnes) {
  const std::string waited =
      "---\napiVersion: v1\nkind: Pod\nmetadata: { name: z, creationTimestamp: '2026-01-01T00:00:00Z' }\n"
      "spec: { containers: [ { resources: { requests: { cpu: 1 } } } ] }\n";
  const auto found = places(node_yaml("n1", "", "{}", "cpu: 1, pods: 10") + pod_yaml("a") + waited);
  EXPECT_EQ(found.at("z"), "n1");
  EXPECT_EQ(found.at("a"), "");
}

TEST(Scheduler, PrefersNodesThatAPodLikesAndAvoidsThoseThatAskFor) {
  const std::string nodes = node_yaml("n1", "", "{ taints: [ { key: x, effect: PreferNoSchedule } ] }") +
                            node_yaml("n2") + node_yaml("n3", "disk: ssd");
  EXPECT_EQ(places(nodes + pod_yaml("p"))["p"], "n2");
  const std::string liking =
      "affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [ { weight: 5, "
      "preference: { matchExpressions: [ { key: disk, operator: Exists } ] } } ] } }";
  EXPECT_EQ(places(nodes + pod_yaml("p", liking))["p"], "n3");
}

TEST(Scheduler, PlacesThoseThatWaitForOthersWhenTheseHaveCome) {
  const std::string wants =
      "affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [ { topologyKey: "
      "kubernetes.io/hostname, labelSelector: { matchLabels: { app: db } } } ] } }";
  const auto found =
      places(node_yaml("n1") + node_yaml("n2") + pod_yaml("a", wants) + pod_yaml("z", "", "", "app: db"));
  EXPECT_NE(found.at("a"), "");
  EXPECT_EQ(found.at("a"), found.at("z"));
}

TEST(Scheduler, SaysTheSmallestShortageAsANumber) {
  const std::string nodes = node_yaml("n1") + node_yaml("n2") + pod_yaml("old", "nodeName: n1", "cpu: 2");
  EXPECT_THAT(placement_of("p", nodes + pod_yaml("p", "", "cpu: 5500m")).remedies,
              ElementsAre("it would fit on n2 with 1500m more cpu, or asking for 4 cpu only"));
}

TEST(Scheduler, SaysWhatAloneKeepsAPodFromANode) {
  const std::string nodes = node_yaml("n1", "", "{ taints: [ { key: team, value: ml, effect: NoSchedule } ] }") +
                            node_yaml("n2", "", "{ unschedulable: true }");
  EXPECT_THAT(placement_of("p", nodes + pod_yaml("p")).remedies,
              ElementsAre("tolerate team=ml:NoSchedule, which opens 1 node",
                          "make a node schedulable again (uncordon), which opens 1 node"));
}

TEST(Scheduler, SaysHowGreatASkewWouldDo) {
  const std::string nodes = node_yaml("n1", "zone: a") + node_yaml("n2", "zone: b", "{ unschedulable: true }") +
                            pod_yaml("a1", "nodeName: n1") + pod_yaml("a2", "nodeName: n1");
  const std::string spread =
      "topologySpreadConstraints: [ { maxSkew: 1, topologyKey: zone, whenUnsatisfiable: "
      "DoNotSchedule, labelSelector: { matchLabels: { app: a } } } ]";
  EXPECT_THAT(placement_of("p", nodes + pod_yaml("p", spread)).remedies,
              Contains("raise maxSkew to 3, which opens 1 node"));
}

TEST(Scheduler, NamesWhoWouldBePushedOut) {
  const std::string nodes =
      node_yaml("n1") + node_yaml("n2") + pod_yaml("low1", "nodeName: n1, priority: 1", "cpu: 2") +
      pod_yaml("low2", "nodeName: n1, priority: 2", "cpu: 2") + pod_yaml("mid", "nodeName: n2, priority: 50", "cpu: 4");
  EXPECT_EQ(placement_of("p", nodes + pod_yaml("p", "priority: 100", "cpu: 2")).evicts, "n1: low1");
  EXPECT_EQ(placement_of("p", nodes + pod_yaml("p", "priority: 100, preemptionPolicy: Never", "cpu: 2")).evicts, "");
  EXPECT_EQ(placement_of("p", nodes + pod_yaml("p", "priority: 1", "cpu: 2")).evicts, "");
}

TEST(Scheduler, LeavesTheWorldAsItWasWhenItExplains) {
  ScheduleWorld world(
      objects_of(node_yaml("n1") + pod_yaml("low", "nodeName: n1", "cpu: 4") + pod_yaml("p", "priority: 9", "cpu: 2")));
  const Amounts before = world.node(0).used;
  (void)placement_of("p", world);
  EXPECT_EQ(world.node(0).used, before);
  EXPECT_THAT(world.node(0).pods, SizeIs(1));
}

TEST(ScheduleWorld, MakesPodsOfALostNodeWaitButNotThoseOfDaemonSets) {
  const auto owned = [](const std::string& name, const std::string& kind) {
    return "---\napiVersion: v1\nkind: Pod\nmetadata: { name: " + name + ", ownerReferences: [ { kind: " + kind +
           ", name: x, controller: true } ] }\nspec: { nodeName: n1, containers: [ {} ] }\n";
  };
  ScheduleWorld world(objects_of(node_yaml("n1") + owned("web", "ReplicaSet") + owned("agent", "DaemonSet") +
                                 pod_yaml("alone", "nodeName: n1")));
  EXPECT_THAT(world.remove_node(0), SizeIs(1));
  EXPECT_EQ(world.node_count(), 0u);
  EXPECT_THAT(world.waiting(), SizeIs(1));
  EXPECT_EQ(world.pod(world.waiting()[0]).name, "web");
}

}  // namespace
}  // namespace capstan::foresee
