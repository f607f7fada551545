#include "foresee/scale_down.h"

#include <gmock/gmock.h>

#include "foresee/schedule_fixture.h"

namespace capstan::foresee {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kTwo = node_yaml("n1", "pool: std") + node_yaml("n2", "pool: std");

std::string owned(const std::string& meta, const std::string& spec, const std::string& space = "default") {
  return "---\napiVersion: v1\nkind: Pod\nmetadata: { name: p, namespace: " + space + ", labels: { app: a }" + meta +
         " }\nspec: { nodeName: n1, containers: [ { resources: { requests: { cpu: 1 } } } ]" + spec + " }\n";
}
const std::string kOwner = ", ownerReferences: [ { kind: ReplicaSet, name: x, controller: true } ]";

std::vector<std::string> blockers(const std::string& yaml,
                                  NodeGroupSettings settings = {.labels = {"pool"}, .groups = {}}) {
  const ClusterObjects objects = objects_of(yaml);
  ScheduleWorld world(objects);
  const NodeGroups groups(settings, world);
  for (const NodeRemoval& removal : plan_scale_down(world, groups, objects)) {
    if (world.node(removal.node).name == "n1") return removal.blockers;
  }
  return {"n1 is not there"};
}

TEST(ScaleDown, LetsANodeGoWhosePodsFindAnotherPlace) {
  EXPECT_THAT(blockers(kTwo + owned(kOwner, "")), IsEmpty());
  EXPECT_THAT(blockers(kTwo + owned(kOwner, ", nodeSelector: { kubernetes.io/hostname: n1 }")),
              ElementsAre("pod default/p: no other node takes it"));
}

TEST(ScaleDown, KeepsWhatPodsSayMustStay) {
  EXPECT_THAT(blockers(kTwo + owned("", "")), ElementsAre("pod default/p: nothing would make it again"));
  const std::string safe = ", annotations: { cluster-autoscaler.kubernetes.io/safe-to-evict: ";
  EXPECT_THAT(blockers(kTwo + owned(kOwner + safe + "'false' }", "")),
              ElementsAre("pod default/p: its annotation safe-to-evict is false"));
  EXPECT_THAT(blockers(kTwo + owned(safe + "'true' }", ", volumes: [ { name: v, emptyDir: {} } ]")),
              testing::Not(testing::Contains(testing::HasSubstr("emptyDir"))));
  EXPECT_THAT(blockers(kTwo + owned(kOwner, ", volumes: [ { name: v, emptyDir: {} } ]")),
              ElementsAre("pod default/p: it keeps data on the node (emptyDir or hostPath)"));
  EXPECT_THAT(blockers(kTwo + owned(kOwner, "", "kube-system")),
              ElementsAre("pod kube-system/p: it is of kube-system and has no disruption budget"));
}

TEST(ScaleDown, HeedsBudgets) {
  const std::string budget =
      "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: b }\nspec: { selector: { "
      "matchLabels: { app: a } } }\nstatus: { disruptionsAllowed: 0 }\n";
  EXPECT_THAT(blockers(kTwo + owned(kOwner, "") + budget),
              ElementsAre("pod default/p: disruption budget b lets none go now"));
}

TEST(ScaleDown, KeepsNodesThatAreUsedOrNeeded) {
  EXPECT_THAT(blockers(kTwo + pod_yaml("busy", "nodeName: n1", "cpu: 3")),
              testing::Contains("it is used by 75%, which is not below 50%"));
  EXPECT_THAT(blockers(node_yaml("n1")), ElementsAre("it is of no node group"));
  NodeGroupSettings settings{.labels = {"pool"}, .groups = {{.name = "std", .min = 2}}};
  EXPECT_THAT(blockers(kTwo, settings), ElementsAre("its group is at its minimum of 2"));
}

}  // namespace
}  // namespace capstan::foresee
