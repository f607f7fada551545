#include "foresee/autoscaler.h"

#include <gmock/gmock.h>

#include "foresee/scaling_report.h"
#include "foresee/schedule_fixture.h"

namespace capstan::foresee {
namespace {

using testing::HasSubstr;

constexpr Time kNow = Time(std::chrono::hours(24 * 365 * 56));

// A deployment of so many ready pods.
std::string deployment(int replicas, std::string_view requests = "cpu: 1") {
  std::string yaml = fmt::format(
      "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: web }}\nspec: {{ replicas: {}, template: {{ "
      "spec: {{ "
      "containers: [ {{ name: main, resources: {{ requests: {{ {} }} }} }} ] }} }} }}\n"
      "---\napiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {{ name: web-1, ownerReferences: [ {{ kind: Deployment, "
      "name: "
      "web, controller: true }} ] }}\nspec: {{}}\n",
      replicas, requests);
  for (int i = 0; i < replicas; ++i) {
    yaml += fmt::format(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{ name: web-1-{}, ownerReferences: [ {{ kind: ReplicaSet, name: "
        "web-1, "
        "controller: true }} ] }}\nspec: {{ containers: [ {{}} ] }}\nstatus: {{ conditions: [ {{ type: Ready, status: "
        "'True' }} ] }}\n",
        i);
  }
  return yaml;
}

std::string scaler(std::string_view bounds, std::string_view status, std::string_view more = "") {
  return fmt::format(
      "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{ name: web }}\nspec: {{ {}, "
      "scaleTargetRef: {{ kind: Deployment, name: web }}, metrics: [ {{ type: Resource, resource: {{ name: cpu, "
      "target: {{ "
      "type: Utilization, averageUtilization: 50 }} }} }} ]{} }}\nstatus: {{ {} }}\n",
      bounds, more, status);
}

std::string measured(int current, int percent, std::string_view conditions = "") {
  return fmt::format(
      "currentReplicas: {0}, desiredReplicas: {0}, currentMetrics: [ {{ type: Resource, resource: {{ name: cpu, "
      "current: {{ "
      "averageUtilization: {1} }} }} }} ], conditions: [ {2} ]",
      current, percent, conditions);
}

AutoscalerView view_of(const std::string& yaml, std::vector<ReplicaChange> changes = {}) {
  const ClusterObjects objects = objects_of(yaml);
  return explain_autoscaler(objects.of("HorizontalPodAutoscaler").begin()->second, objects, std::move(changes), kNow);
}

TEST(Autoscaler, SaysHowManyItWantsBeyondItsMaximum) {
  const AutoscalerView view = view_of(deployment(10) + scaler("minReplicas: 2, maxReplicas: 10", measured(10, 70)));
  EXPECT_EQ(view.wants, 14);
  EXPECT_EQ(view.says, "at 10 of 10, cpu is at 70% of 50% and wants 14");
  EXPECT_THAT(view.remedy, HasSubstr("Raise maxReplicas to 14"));
  EXPECT_TRUE(view.is_wrong);
}

TEST(Autoscaler, SaysWhereItGoesNow) {
  const AutoscalerView view = view_of(deployment(2) + scaler("maxReplicas: 20", measured(2, 200)));
  EXPECT_EQ(view.wants, 8);
  EXPECT_EQ(view.says, "cpu is at 200% of 50% and wants 8: it goes from 2 to 6");
}

TEST(Autoscaler, SaysWhatWouldMakeItScaleWhileAllIsWell) {
  const AutoscalerView view = view_of(deployment(4) + scaler("maxReplicas: 20", measured(4, 52)));
  EXPECT_THAT(view.says, HasSubstr("more would come above 110% of the target, fewer below 75%"));
  EXPECT_FALSE(view.is_wrong);
}

TEST(Autoscaler, WaitsBeforeItTakesPodsAway) {
  const AutoscalerView view = view_of(deployment(4) + scaler("minReplicas: 2, maxReplicas: 20", measured(4, 10)));
  EXPECT_EQ(view.says, "cpu is at 10% of 50% and wants 1: it goes from 4 to 2 once it has wanted no more for 5m");
}

TEST(Autoscaler, GoesNoFurtherThanItsPoliciesAllow) {
  const std::string slow = ", behavior: { scaleUp: { policies: [ { type: Pods, value: 1, periodSeconds: 60 } ] } }";
  const std::string yaml = deployment(4) + scaler("maxReplicas: 20", measured(4, 100), slow);
  EXPECT_THAT(view_of(yaml).says, HasSubstr("it goes from 4 to 5"));
  const std::vector<ReplicaChange> just = {{.at = kNow - std::chrono::seconds(10), .from = 3, .to = 4}};
  EXPECT_THAT(view_of(yaml, just).says, HasSubstr("its policies allow no more for now"));
}

constexpr std::string_view kUnreadable =
    "currentReplicas: 1, conditions: [ { type: ScalingActive, status: 'False', reason: FailedGetResourceMetric, "
    "message: "
    "the server could not find the requested resource } ]";

TEST(Autoscaler, NamesContainersThatRequestNothing) {
  const AutoscalerView view = view_of(deployment(1, "memory: 1Gi") + scaler("maxReplicas: 5", kUnreadable));
  EXPECT_EQ(
      view.says,
      "it cannot read its metrics and stays at 1: cpu: container main of Deployment/web asks for no cpu, so there is "
      "nothing to take a share of");
  EXPECT_EQ(view.remedy, "Set requests on those containers.");
}

TEST(Autoscaler, SaysThatThereIsNoMetricsServer) {
  const std::string service =
      "---\napiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: { name: v1.apps }\n";
  const AutoscalerView view = view_of(service + deployment(1) + scaler("maxReplicas: 5", kUnreadable));
  EXPECT_THAT(view.says, HasSubstr("the cluster has no metrics server"));
  EXPECT_EQ(view.remedy, "Install a metrics server.");
}

TEST(Autoscaler, SaysThatItsTargetIsMissingOrOff) {
  EXPECT_EQ(view_of(scaler("maxReplicas: 5", "")).says, "its target Deployment/web does not exist");
  EXPECT_THAT(view_of(deployment(0) + scaler("maxReplicas: 5", "")).says, HasSubstr("0 replicas, which turns it off"));
}

TEST(Autoscaler, TakesTheMostThatAnyMetricWants) {
  const std::string yaml =
      deployment(3) +
      "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { name: web }\nspec: { maxReplicas: "
      "20, "
      "scaleTargetRef: { kind: Deployment, name: web }, metrics: [ { type: Pods, pods: { metric: { name: rps }, "
      "target: { "
      "averageValue: 100 } } }, { type: External, external: { metric: { name: queue }, target: { averageValue: 10 } } "
      "} ] }\n"
      "status: { currentReplicas: 3, currentMetrics: [ { type: Pods, pods: { metric: { name: rps }, current: { "
      "averageValue: 150 } } }, { type: External, external: { metric: { name: queue }, current: { averageValue: 30 } } "
      "} ] }\n";
  const AutoscalerView view = view_of(yaml);
  EXPECT_EQ(view.metrics[0].wants, 5);
  EXPECT_EQ(view.metrics[1].wants, 9);
  EXPECT_EQ(view.wants, 9);
  EXPECT_EQ(view.metrics[1].name, "external/queue");
}

TEST(ScalingReport, TellsOfOneAutoscalerByItsName) {
  const ClusterObjects objects = objects_of(deployment(4) + scaler("maxReplicas: 20", measured(4, 52)));
  const Result<Json> report = scaling_report(objects, {}, {.autoscaler = "web", .now = kNow});
  ASSERT_TRUE(report);
  EXPECT_EQ((*report)["autoscalers"].items().size(), 1u);
  EXPECT_THAT(scaling_text(*report), HasSubstr("default/web  Deployment/web  4 of 1 to 20"));
  EXPECT_FALSE(scaling_report(objects, {}, {.autoscaler = "shop/x", .now = kNow}));
}

TEST(ScalingReport, TellsWhereWaitingPodsCouldGo) {
  const ClusterObjects objects =
      objects_of(node_yaml("n1", "pool: std") + pod_yaml("big", "", "cpu: 6") + pod_yaml("small"));
  NodeGroupSettings settings{.labels = {"pool"}, .groups = {}};
  settings.groups.push_back(
      read_node_group(parse_yaml("{ name: large, max: 2, allocatable: { cpu: 16, memory: 32Gi } }", "g")->front())
          .value());
  const Result<Json> report = scaling_report(objects, settings, {.now = kNow});
  ASSERT_TRUE(report);
  const std::string text = scaling_text(*report);
  EXPECT_THAT(text, HasSubstr("default/big\n    0/1 nodes are available: 1 Insufficient cpu."));
  EXPECT_THAT(text, HasSubstr("it could go to n1"));
  EXPECT_THAT(text, HasSubstr("large: 1 pods on 1 new nodes"));
  EXPECT_THAT(text, HasSubstr("std: none (Insufficient cpu)"));
}

}  // namespace
}  // namespace capstan::foresee
