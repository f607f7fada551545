#include "foresee/schedule_filters.h"

#include <gmock/gmock.h>

#include "foresee/schedule_fixture.h"

namespace capstan::foresee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kThree = node_yaml("n1", "zone: a, disk: ssd, size: '4'") + node_yaml("n2", "zone: b, size: '8'") +
                           node_yaml("n3", "zone: c", "{ unschedulable: true }");

TEST(Filters, CountWhatIsUsedOfEachResource) {
  const std::string nodes = node_yaml("n1") + node_yaml("n2", "", "{}", "cpu: 8, memory: 8Gi, pods: 10, gpu.com/x: 2");
  const std::string used = pod_yaml("old", "nodeName: n1", "cpu: 3500m");
  EXPECT_THAT(placement_of("p", nodes + used + pod_yaml("p", "", "cpu: 500m")).feasible, ElementsAre("n1", "n2"));
  EXPECT_EQ(placement_of("p", nodes + used + pod_yaml("p", "", "cpu: 9, memory: 9Gi")).says,
            "0/2 nodes are available: 2 Insufficient cpu, 2 Insufficient memory.");
  EXPECT_THAT(placement_of("p", nodes + pod_yaml("p", "", "gpu.com/x: 2")).feasible, ElementsAre("n2"));
  EXPECT_EQ(placement_of("p", nodes + pod_yaml("p", "", "gpu.com/x: 3")).says,
            "0/2 nodes are available: 2 Insufficient gpu.com/x.");
  EXPECT_EQ(placement_of("p", nodes + pod_yaml("p", "", "ephemeral-storage: 1Gi")).says,
            "0/2 nodes are available: 2 Insufficient ephemeral-storage.");
}

TEST(Filters, CountPodsAlsoThoseThatAskForNothing) {
  const std::string full = node_yaml("n1", "", "{}", "cpu: 4, pods: 1") + pod_yaml("old", "nodeName: n1", "");
  EXPECT_EQ(placement_of("p", full + pod_yaml("p", "", "")).says, "0/1 nodes are available: 1 Too many pods.");
}

TEST(Filters, CountContainersThatBeginByTheGreatestAndThoseThatStayByTheirSum) {
  ResourceNames names;
  const auto cpu = [&](const std::string& spec) {
    const ObjectDocuments read = read_objects("apiVersion: v1\nkind: Pod\nspec: " + spec, "pod");
    return pod_requests(read.documents.at(0).object["spec"], names)[kCpu];
  };
  const std::string main = "{ containers: [ { resources: { requests: { cpu: 1 } } } ], ";
  EXPECT_EQ(cpu(main + "initContainers: [ { resources: { requests: { cpu: 3 } } } ] }"), 3000);
  EXPECT_EQ(cpu(main + "initContainers: [ { restartPolicy: Always, resources: { requests: { cpu: 500m } } } ] }"),
            1500);
  EXPECT_EQ(cpu(main + "initContainers: [ { restartPolicy: Always, resources: { requests: { cpu: 2 } } }, "
                       "{ resources: { requests: { cpu: 2 } } } ] }"),
            4000);
  EXPECT_EQ(cpu(main + "overhead: { cpu: 250m } }"), 1250);
  EXPECT_EQ(cpu(main + "resources: { requests: { cpu: 5 } } }"), 5000);
  EXPECT_EQ(cpu("{ containers: [ { resources: { limits: { cpu: 2 } } } ] }"), 2000);
}

TEST(Filters, HeedNodeSelectors) {
  EXPECT_THAT(placement_of("p", kThree + pod_yaml("p", "nodeSelector: { disk: ssd }")).feasible, ElementsAre("n1"));
  EXPECT_EQ(
      placement_of("p", kThree + pod_yaml("p", "nodeSelector: { disk: hdd }")).says,
      "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't match Pod's node affinity/selector.");
}

TEST(Filters, KnowEveryOperatorOfNodeAffinity) {
  const auto with = [&](const std::string& terms) {
    return placement_of("p",
                        kThree + pod_yaml("p",
                                          "affinity: { nodeAffinity: { "
                                          "requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [ " +
                                              terms + " ] } } }"))
        .feasible;
  };
  EXPECT_THAT(with("{ matchExpressions: [ { key: zone, operator: In, values: [a, x] } ] }"), ElementsAre("n1"));
  EXPECT_THAT(with("{ matchExpressions: [ { key: disk, operator: NotIn, values: [ssd] } ] }"), ElementsAre("n2"));
  EXPECT_THAT(with("{ matchExpressions: [ { key: disk, operator: Exists } ] }"), ElementsAre("n1"));
  EXPECT_THAT(with("{ matchExpressions: [ { key: disk, operator: DoesNotExist } ] }"), ElementsAre("n2"));
  EXPECT_THAT(with("{ matchExpressions: [ { key: size, operator: Gt, values: ['4'] } ] }"), ElementsAre("n2"));
  EXPECT_THAT(with("{ matchExpressions: [ { key: size, operator: Lt, values: ['8'] } ] }"), ElementsAre("n1"));
  EXPECT_THAT(with("{ matchFields: [ { key: metadata.name, operator: In, values: [n2] } ] }"), ElementsAre("n2"));
  EXPECT_THAT(with("{ matchFields: [ { key: metadata.name, operator: NotIn, values: [n2] } ] }"), ElementsAre("n1"));
  EXPECT_THAT(with("{ }, { matchExpressions: [ { key: zone, operator: In, values: [b] } ] }"), ElementsAre("n2"));
  EXPECT_THAT(with("{ }"), IsEmpty());
}

TEST(Filters, SayWhichPluginLeftOutNodesThatAnAffinityDoesNotName) {
  const std::string terms =
      "affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [ "
      "{ matchFields: [ { key: metadata.name, operator: In, values: [n3] } ] } ] } } }";
  EXPECT_EQ(
      placement_of("p", kThree + pod_yaml("p", terms)).says,
      "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't satisfy plugin(s) [NodeAffinity].");
}

TEST(Filters, HeedTaintsUnlessTolerated) {
  const std::string node = node_yaml("n1", "",
                                     "{ taints: [ { key: team, value: ml, effect: NoSchedule }, "
                                     "{ key: slow, effect: PreferNoSchedule } ] }");
  const auto tolerating = [&](const std::string& tolerations) {
    return !placement_of("p", node + pod_yaml("p", "tolerations: [ " + tolerations + " ]")).feasible.empty();
  };
  EXPECT_EQ(placement_of("p", node + pod_yaml("p")).says,
            "0/1 nodes are available: 1 node(s) had untolerated taint(s).");
  EXPECT_TRUE(tolerating("{ key: team, operator: Equal, value: ml }"));
  EXPECT_TRUE(tolerating("{ key: team, value: ml, effect: NoSchedule }"));
  EXPECT_TRUE(tolerating("{ key: team, operator: Exists }"));
  EXPECT_TRUE(tolerating("{ operator: Exists }"));
  EXPECT_FALSE(tolerating("{ key: team, value: web }"));
  EXPECT_FALSE(tolerating("{ key: team, operator: Exists, effect: NoExecute }"));
}

TEST(Filters, LetPodsOntoACordonedNodeThatTolerateIt) {
  const std::string pod =
      pod_yaml("p", "tolerations: [ { key: node.kubernetes.io/unschedulable, operator: Exists, effect: NoSchedule } ]");
  EXPECT_THAT(placement_of("p", kThree + pod).feasible, ElementsAre("n1", "n2", "n3"));
}

TEST(Filters, KeepHostPortsApart) {
  const auto pod = [](const std::string& name, const std::string& port, const std::string& node) {
    return "---\napiVersion: v1\nkind: Pod\nmetadata: { name: " + name + " }\nspec: { " + node +
           "containers: [ { ports: [ { containerPort: 80, " + port + " } ] } ] }\n";
  };
  const std::string taken = node_yaml("n1") + pod("old", "hostPort: 80, hostIP: 10.0.0.1", "nodeName: n1, ");
  EXPECT_EQ(placement_of("p", taken + pod("p", "hostPort: 80", "")).says,
            "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.");
  EXPECT_THAT(placement_of("p", taken + pod("p", "hostPort: 80, hostIP: 10.0.0.2", "")).feasible, ElementsAre("n1"));
  EXPECT_THAT(placement_of("p", taken + pod("p", "hostPort: 80, protocol: UDP", "")).feasible, ElementsAre("n1"));
  EXPECT_THAT(placement_of("p", taken + pod("p", "name: http", "hostNetwork: true, ")).feasible, IsEmpty());
}

std::string near(const std::string& which, const std::string& term) {
  return "affinity: { " + which + ": { requiredDuringSchedulingIgnoredDuringExecution: [ { " + term + " } ] } }";
}

TEST(Filters, KeepPodsNearOthers) {
  const std::string db = pod_yaml("db", "nodeName: n2", "", "app: db");
  const std::string term = "topologyKey: zone, labelSelector: { matchLabels: { app: db } }";
  EXPECT_THAT(placement_of("p", kThree + db + pod_yaml("p", near("podAffinity", term))).feasible, ElementsAre("n2"));
  EXPECT_EQ(placement_of("p", kThree + pod_yaml("p", near("podAffinity", term))).says,
            "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't match pod affinity rules.");
  // The first of those that want to be together has nobody to be with.
  EXPECT_THAT(placement_of("p", kThree + pod_yaml("p", near("podAffinity", term), "", "app: db")).feasible,
              ElementsAre("n1", "n2"));
}

TEST(Filters, KeepPodsApartAlsoFromThoseThatWereThereFirst) {
  const std::string term = "topologyKey: zone, labelSelector: { matchLabels: { app: a } }";
  const std::string there = kThree + pod_yaml("old", "nodeName: n1");
  EXPECT_THAT(placement_of("p", there + pod_yaml("p", near("podAntiAffinity", term))).feasible, ElementsAre("n2"));
  const std::string shy = kThree + pod_yaml("old", "nodeName: n1, " + near("podAntiAffinity", term), "", "app: z");
  const Placement placement = placement_of("p", shy + pod_yaml("p", "nodeSelector: { zone: a }"));
  EXPECT_THAT(placement.says, HasSubstr("1 node(s) didn't satisfy existing pods anti-affinity rules"));
}

TEST(Filters, LookIntoTheNamespacesThatATermNames) {
  const std::string spaces =
      "---\napiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { team: shop } }\n"
      "---\napiVersion: v1\nkind: Pod\nmetadata: { name: db, namespace: shop, labels: { app: db } }\n"
      "spec: { nodeName: n2, containers: [ {} ] }\n";
  const auto with = [&](const std::string& more) {
    const std::string term = "topologyKey: zone, labelSelector: { matchLabels: { app: db } }" + more;
    return placement_of("p", kThree + spaces + pod_yaml("p", near("podAffinity", term))).feasible;
  };
  EXPECT_THAT(with(""), IsEmpty());
  EXPECT_THAT(with(", namespaces: [shop]"), ElementsAre("n2"));
  EXPECT_THAT(with(", namespaceSelector: { matchLabels: { team: shop } }"), ElementsAre("n2"));
  EXPECT_THAT(with(", namespaceSelector: { }"), ElementsAre("n2"));
  EXPECT_THAT(with(", namespaceSelector: { matchLabels: { team: ml } }"), IsEmpty());
}

TEST(Filters, AddThePodsOwnLabelsToATermThatNamesThem) {
  const std::string v1 = pod_yaml("old", "nodeName: n1", "", "app: a, version: '1'");
  const std::string term = "topologyKey: zone, labelSelector: { matchLabels: { app: a } }, matchLabelKeys: [version]";
  const auto feasible = [&](const std::string& labels) {
    return placement_of("p", kThree + v1 + pod_yaml("p", near("podAntiAffinity", term), "", labels)).feasible;
  };
  EXPECT_THAT(feasible("app: a, version: '1'"), ElementsAre("n2"));
  EXPECT_THAT(feasible("app: a, version: '2'"), ElementsAre("n1", "n2"));
}

std::string spread(const std::string& more = "") {
  return "topologySpreadConstraints: [ { maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, "
         "labelSelector: { matchLabels: { app: a } }" +
         more + " } ]";
}

TEST(Filters, SpreadPodsOverATopology) {
  const std::string old = node_yaml("n1", "zone: a") + node_yaml("n3") + pod_yaml("a1", "nodeName: n1");
  EXPECT_THAT(placement_of("p", old + node_yaml("n2", "zone: b") + pod_yaml("p", spread())).feasible,
              ElementsAre("n2"));
  const std::string full = node_yaml("n2", "zone: b", "{}", "cpu: 0, pods: 10");
  EXPECT_EQ(placement_of("p", old + full + pod_yaml("p", spread())).says,
            "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match pod topology spread constraints, "
            "1 node(s) didn't match pod topology spread constraints (missing required label).");
}

TEST(Filters, CountAsDomainsOnlyWhatTheNodePoliciesInclude) {
  const std::string two = node_yaml("n1", "zone: a, disk: ssd") +
                          node_yaml("n2", "zone: b", "{ taints: [ { key: x, effect: NoSchedule } ] }") +
                          pod_yaml("a1", "nodeName: n1");
  EXPECT_THAT(placement_of("p", two + pod_yaml("p", spread())).feasible, IsEmpty());
  EXPECT_THAT(placement_of("p", two + pod_yaml("p", spread(", nodeTaintsPolicy: Honor"))).feasible, ElementsAre("n1"));
  EXPECT_THAT(placement_of("p", two + pod_yaml("p", "nodeSelector: { disk: ssd }, " + spread())).feasible,
              ElementsAre("n1"));
  EXPECT_THAT(
      placement_of("p", two + pod_yaml("p", "nodeSelector: { disk: ssd }, " + spread(", nodeAffinityPolicy: Ignore")))
          .feasible,
      IsEmpty());
}

TEST(Filters, WantAsManyDomainsAsMinDomainsSays) {
  const std::string one = node_yaml("n1", "zone: a") + pod_yaml("a1", "nodeName: n1");
  EXPECT_THAT(placement_of("p", one + pod_yaml("p", spread())).feasible, ElementsAre("n1"));
  EXPECT_THAT(placement_of("p", one + pod_yaml("p", spread(", minDomains: 2"))).feasible, IsEmpty());
}

std::string claim(const std::string& spec) {
  return "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: c }\nspec: { " + spec + " }\n";
}

TEST(Filters, KeepPodsWhereTheirVolumesAre) {
  const std::string pod = pod_yaml("p", "volumes: [ { name: v, persistentVolumeClaim: { claimName: c } } ]");
  const std::string bound = claim("volumeName: pv");
  const auto volume = [](const std::string& labels, const std::string& spec) {
    return "---\napiVersion: v1\nkind: PersistentVolume\nmetadata: { name: pv, labels: { " + labels + " } }\nspec: { " +
           spec + " }\n";
  };
  const std::string affinity =
      "nodeAffinity: { required: { nodeSelectorTerms: [ { matchExpressions: [ { key: zone, "
      "operator: In, values: [b] } ] } ] } }";
  EXPECT_THAT(placement_of("p", kThree + pod + bound + volume("", affinity)).feasible, ElementsAre("n2"));
  const std::string zoned =
      node_yaml("n1", "topology.kubernetes.io/zone: a") + node_yaml("n2", "topology.kubernetes.io/zone: b");
  EXPECT_THAT(placement_of("p", zoned + pod + bound + volume("topology.kubernetes.io/zone: b", "")).feasible,
              ElementsAre("n2"));
  EXPECT_EQ(placement_of("p", kThree + pod).says, "0/3 nodes are available: persistentvolumeclaim \"c\" not found.");
  EXPECT_EQ(placement_of("p", kThree + pod + claim("storageClassName: fast")).says,
            "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.");
  const std::string storage =
      "---\nkind: StorageClass\napiVersion: storage.k8s.io/v1\nmetadata: { name: fast }\nprovisioner: x\n"
      "volumeBindingMode: WaitForFirstConsumer\nallowedTopologies: [ { matchLabelExpressions: [ { key: zone, values: "
      "[a] } ] } ]\n";
  EXPECT_THAT(placement_of("p", kThree + pod + storage + claim("storageClassName: fast")).feasible, ElementsAre("n1"));
}

TEST(Filters, LetOnePodUseAClaimThatIsForOne) {
  const std::string uses = "volumes: [ { name: v, persistentVolumeClaim: { claimName: c } } ]";
  const std::string volume = "---\napiVersion: v1\nkind: PersistentVolume\nmetadata: { name: pv }\nspec: {}\n";
  const std::string all = kThree + volume + claim("volumeName: pv, accessModes: [ReadWriteOncePod]");
  EXPECT_THAT(placement_of("p", all + pod_yaml("p", uses)).feasible, ElementsAre("n1", "n2"));
  EXPECT_THAT(placement_of("p", all + pod_yaml("old", "nodeName: n1, " + uses) + pod_yaml("p", uses)).feasible,
              IsEmpty());
}

TEST(Filters, HoldBackWhatHasSchedulingGates) {
  EXPECT_THAT(placement_of("p", kThree + pod_yaml("p", "schedulingGates: [ { name: x/quota } ]")).says,
              HasSubstr("scheduling gates: x/quota"));
}

TEST(Filters, PassOverPodsThatHaveEndedAndThoseOfNodesThatAreGone) {
  const std::string ended =
      node_yaml("n1") +
      "---\napiVersion: v1\nkind: Pod\nmetadata: { name: job }\nspec: { nodeName: n1, containers: [ { "
      "resources: { requests: { cpu: 4 } } } ] }\nstatus: { phase: Succeeded }\n" +
      pod_yaml("lost", "nodeName: n9");
  EXPECT_THAT(placement_of("p", ended + pod_yaml("p", "", "cpu: 4")).feasible, ElementsAre("n1"));
}

}  // namespace
}  // namespace capstan::foresee
