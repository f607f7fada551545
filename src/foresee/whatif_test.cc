#include "foresee/whatif.h"

#include <gmock/gmock.h>

#include "foresee/schedule_fixture.h"

namespace capstan::foresee {
namespace {

using testing::HasSubstr;

const std::string kNodes = node_yaml("n1", "topology.kubernetes.io/zone: a, pool: std") +
                           node_yaml("n2", "topology.kubernetes.io/zone: b, pool: std");

std::string workload(int replicas, std::string_view requests = "cpu: 1", std::string_view kind = "Deployment") {
  return fmt::format(
      "---\napiVersion: apps/v1\nkind: {}\nmetadata: {{ name: web }}\nspec: {{ replicas: {}, template: {{ metadata: {{ "
      "labels: "
      "{{ app: web }} }}, spec: {{ containers: [ {{ name: main, resources: {{ requests: {{ {} }} }} }} ] }} }} }}\n",
      kind, replicas, requests);
}

Result<Json> ask(const std::string& yaml, const std::string& question, std::vector<NodeGroupSpec> groups = {}) {
  ClusterObjects objects = objects_of(yaml);
  const WhatIf wanted = TRY(read_whatif(TRY(Json::parse(question))));
  make_missing_pods(objects, asks_for_change(wanted));
  return answer_whatif(std::move(objects), {.labels = {"pool"}, .groups = std::move(groups)}, wanted);
}

Json answer_to(const std::string& yaml, const std::string& question, std::vector<NodeGroupSpec> groups = {}) {
  Result<Json> answer = ask(yaml, question, std::move(groups));
  if (!answer) ADD_FAILURE() << answer.error().to_string();
  return answer ? *answer : Json();
}

NodeGroupSpec group(const std::string& yaml) { return read_node_group(parse_yaml(yaml, "g")->front()).value(); }

TEST(WhatIf, PlacesMoreReplicasAndSaysWhichStayPending) {
  const Json answer = answer_to(kNodes + workload(3), R"({"replicas": {"deployment/default/web": 10}})");
  EXPECT_EQ(answer["pods_placed"], Json(5));
  EXPECT_EQ(answer["pods_pending"], Json(2));
  EXPECT_EQ(answer["pending"].items()[0]["count"], Json(2));
  const std::string text = whatif_text(answer);
  EXPECT_THAT(text, HasSubstr("5 pods would be placed, 2 would stay pending"));
  EXPECT_THAT(text, HasSubstr("0/2 nodes are available: 2 Insufficient cpu."));
  EXPECT_THAT(text, HasSubstr("cpu 38% -> 100%"));
  EXPECT_THAT(text, HasSubstr("std: 2 pods on 1 new nodes"));
}

TEST(WhatIf, TakesPodsAwayWhereFewerAreWanted) {
  const Json answer = answer_to(kNodes + workload(6), R"({"replicas": {"deploy/default/web": 2}})");
  EXPECT_EQ(answer["utilisation"]["after"]["cpu"]["used"], Json("2"));
  EXPECT_EQ(answer["pods_pending"], Json(0));
}

TEST(WhatIf, MakesNoPodsBeyondAQuota) {
  const std::string quota =
      "---\napiVersion: v1\nkind: ResourceQuota\nmetadata: { name: q }\nspec: { hard: { requests.cpu: 4 } }\n";
  const Json answer = answer_to(kNodes + quota + workload(3), R"({"replicas": {"deployment/default/web": 6}})");
  EXPECT_EQ(answer["pods_refused"], Json(2));
  EXPECT_EQ(answer["pods_placed"], Json(1));
  EXPECT_THAT(whatif_text(answer),
              HasSubstr("2 pods of Deployment/default/web: quota q: 4 of 4 requests.cpu are used, the "
                        "pod asks for 1"));
}

TEST(WhatIf, HeedsLimitRanges) {
  const std::string range =
      "---\napiVersion: v1\nkind: LimitRange\nmetadata: { name: r }\nspec: { limits: [ { type: Container, "
      "defaultRequest: { cpu: 2 }, max: { memory: 1Gi } } ] }\n";
  const Json defaulted = answer_to(kNodes + range + workload(1, ""), R"({"replicas": {"deployment/default/web": 2}})");
  EXPECT_EQ(defaulted["utilisation"]["after"]["cpu"]["used"], Json("4"));
  const Json above = answer_to(
      kNodes + range, R"({"change": ")" +
                          std::string("kind: Deployment\\napiVersion: apps/v1\\nmetadata: {name: x}\\nspec: {template: "
                                      "{spec: {containers: [{resources: {requests: {memory: 2Gi}}}]}}}") +
                          R"("})");
  EXPECT_EQ(above["pods_refused"], Json(1));
  EXPECT_THAT(whatif_text(above), HasSubstr("limit range r: a container asks for 2Gi memory, at most 1Gi is allowed"));
}

TEST(WhatIf, AddsNodesOfAGroup) {
  const Json answer =
      answer_to(kNodes + workload(3), R"({"add_nodes": {"std": 2}, "replicas": {"deployment/default/web": 16}})");
  EXPECT_EQ(answer["pods_pending"], Json(0));
  EXPECT_EQ(answer["utilisation"]["after"]["nodes"], Json(4));
}

TEST(WhatIf, RunsDaemonSetsOnNewNodes) {
  const Json answer = answer_to(kNodes + workload(1, "cpu: 1", "DaemonSet"), R"({"add_nodes": {"std": 1}})");
  EXPECT_EQ(answer["utilisation"]["after"]["cpu"]["used"], Json("1"));
}

TEST(WhatIf, TriesPodsOnNewNodesOfGroups) {
  const Json answer =
      answer_to(kNodes + workload(10), "{}",
                {group("{ name: small, max: 1, price: 0.1, priority: 5, allocatable: { cpu: 1, memory: 4Gi } }"),
                 group("{ name: big, price: 0.3, allocatable: { cpu: 8, memory: 64Gi } }"),
                 group("{ name: tainted, price: 1, allocatable: { cpu: 8, memory: 8Gi }, taints: ['x=y:NoSchedule'] }"),
                 group("{ name: std, max: 2, price: 0.2 }")});
  std::map<std::string, Json> options, choices;
  for (const Json& one : answer["scale_up"]["groups"].items()) options[one["group"].string_or_empty()] = one;
  for (const Json& one : answer["scale_up"]["expanders"].items()) choices[one["expander"].string_or_empty()] = one;
  EXPECT_EQ(options["small"]["pods"], Json(1));
  EXPECT_EQ(options["small"]["at_limit"], Json(true));
  EXPECT_EQ(options["big"]["pods"], Json(2));
  EXPECT_EQ(options["big"]["nodes"], Json(1));
  EXPECT_EQ(options["tainted"]["says"], Json("node(s) had untolerated taint(s)"));
  EXPECT_EQ(options["std"]["says"], Json("it is at its maximum of 2 nodes"));
  EXPECT_EQ(choices["most-pods"]["group"], Json("big"));
  EXPECT_EQ(choices["least-waste"]["group"], Json("small"));
  EXPECT_EQ(choices["price"]["group"], Json("small"));
  EXPECT_EQ(choices["priority"]["group"], Json("small"));
  EXPECT_THAT(choices["price"]["says"].string_or_empty(), HasSubstr("0.1 an hour for 1 pods"));
}

TEST(WhatIf, FollowsTheAutoscalersPriorityMap) {
  const std::string map =
      "---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: cluster-autoscaler-priority-expander, "
      "namespace: kube-system }\ndata: { priorities: \"10: ['.*']\\n50: ['^big$']\" }\n";
  const Json answer = answer_to(kNodes + map + workload(9), "{}",
                                {group("{ name: small, priority: 99, allocatable: { cpu: 2, memory: 4Gi } }"),
                                 group("{ name: big, allocatable: { cpu: 8, memory: 64Gi } }")});
  for (const Json& one : answer["scale_up"]["expanders"].items()) {
    if (one["expander"] != Json("priority")) continue;
    EXPECT_EQ(one["group"], Json("big"));
  }
}

TEST(WhatIf, MovesThePodsOfALostZone) {
  const Json answer = answer_to(kNodes + workload(6), R"({"lose_zones": ["a"]})");
  EXPECT_EQ(answer["utilisation"]["after"]["nodes"], Json(1));
  EXPECT_EQ(answer["pods_placed"], Json(1));
  EXPECT_EQ(answer["pods_pending"], Json(2));
}

TEST(WhatIf, DrainsANodeAsFarAsBudgetsGo) {
  const std::string budget =
      "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: b }\nspec: { selector: { "
      "matchLabels: { app: web } }, maxUnavailable: 1 }\n";
  const Json fits = answer_to(kNodes + budget + workload(4), R"({"drain": ["n1"]})");
  EXPECT_EQ(fits["pods_placed"], Json(2));
  EXPECT_TRUE(fits["blocked"].items().empty());
  // The first that finds no other place takes the whole budget.
  const Json full = answer_to(kNodes + budget + workload(8), R"({"drain": ["n1"]})");
  EXPECT_EQ(full["pods_pending"], Json(1));
  EXPECT_EQ(full["blocked"].items().size(), 3u);
  EXPECT_THAT(whatif_text(full), HasSubstr("disruption budget b lets none go"));
}

TEST(WhatIf, LeavesPodsOnACordonedNode) {
  const Json answer =
      answer_to(kNodes + workload(4), R"({"cordon": ["n1"], "replicas": {"deployment/default/web": 7}})");
  EXPECT_EQ(answer["pods_placed"], Json(2));
  EXPECT_EQ(answer["pods_pending"], Json(1));
}

TEST(WhatIf, ReplacesThePodsOfAChangedWorkload) {
  const Json answer = answer_to(
      kNodes + workload(4),
      R"({"change": "kind: Deployment\napiVersion: apps/v1\nmetadata: {name: web}\nspec: {replicas: 3, template: {spec: {nodeSelector: {gpu: 'yes'}, containers: [{}]}}}"})");
  EXPECT_EQ(answer["pods_pending"], Json(3));
  EXPECT_EQ(answer["utilisation"]["after"]["cpu"]["used"], Json("0"));
  EXPECT_THAT(whatif_text(answer), HasSubstr("2 node(s) didn't match Pod's node affinity/selector"));
}

TEST(WhatIf, SaysThatAnAutoscalerWouldUndoIt) {
  const std::string scaler =
      "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { name: s }\nspec: { "
      "maxReplicas: 5, scaleTargetRef: { kind: Deployment, name: web } }\n";
  const Json answer = answer_to(kNodes + scaler + workload(2), R"({"replicas": {"deployment/default/web": 7}})");
  EXPECT_THAT(whatif_text(answer), HasSubstr("autoscaler default/s would set web back to 5"));
}

TEST(WhatIf, CostsWhatItsNodesCost) {
  const Json answer = answer_to(kNodes, R"({"add_nodes": {"std": 2}})", {group("{ name: std, price: 0.25 }")});
  EXPECT_THAT(whatif_text(answer), HasSubstr("cost an hour 0.5 -> 1"));
}

TEST(WhatIf, SaysWhatItDoesNotKnow) {
  const auto message = [](const std::string& yaml, const std::string& question) {
    const Result<Json> answer = ask(yaml, question);
    return answer ? "" : answer.error().message;
  };
  EXPECT_THAT(message(kNodes, R"({"lose_nodes": ["n9"]})"), HasSubstr("no node 'n9'"));
  EXPECT_THAT(message(kNodes, R"({"lose_zones": ["z"]})"), HasSubstr("no node is in a zone 'z'"));
  EXPECT_THAT(message(kNodes, R"({"add_nodes": {"x": 1}})"), HasSubstr("no node group 'x'; known are std"));
  EXPECT_THAT(message(kNodes, R"({"replicas": {"deployment/a/b": 1}})"), HasSubstr("no workload 'deployment/a/b'"));
  EXPECT_THAT(message(kNodes, R"({"replicas": {"deployment/a/b": -1}})"), HasSubstr("expected NAME=NUMBER"));
  EXPECT_THAT(message(kNodes, R"({"drain": "n1"})"), HasSubstr("'drain' must be a list of names"));
  EXPECT_THAT(message(workload(1), "{}"), HasSubstr("no node is known"));
}

TEST(NodeGroups, SayWhatIsWrongWithAnEntry) {
  const auto problem = [](const std::string& yaml) {
    const auto read = read_node_group(parse_yaml(yaml, "g")->front());
    return read ? "" : read.error().to_string();
  };
  EXPECT_THAT(problem("{ name: a, min: 3, max: 1 }"), HasSubstr("'max' is less than 'min'"));
  EXPECT_THAT(problem("{ name: a, allocatable: { cpu: many } }"), HasSubstr("'many' of 'cpu' is no quantity"));
  EXPECT_THAT(problem("{ name: a, taints: [ x ] }"), HasSubstr("key=value:effect"));
  EXPECT_THAT(problem("{ min: 1 }"), HasSubstr("name"));
}

}  // namespace
}  // namespace capstan::foresee
