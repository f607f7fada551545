#include "drift/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/config.h"
#include "drift/controller_fields.h"
#include "drift/field_owners.h"

namespace capstan::drift {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Json yaml(std::string_view text) { return parse_yaml(text, "t").value().front().to_json(); }

std::vector<std::string> said(const std::vector<Difference>& differences) {
  std::vector<std::string> all;
  for (const Difference& one : differences) {
    all.push_back(to_string(one.path) + ": " + one.should.dump() + " is " + one.is.dump());
  }
  return all;
}

std::vector<std::string> differ(std::string_view stated, std::string_view live) {
  return said(compare(yaml(stated), {}, yaml(live)));
}

TEST(Compare, CountsOnlyWhatTheManifestStates) {
  EXPECT_THAT(
      differ("{spec: {replicas: 2, template: {spec: {containers: [{name: a, image: x}]}}}}",
             "{spec: {replicas: 2, paused: true, template: {spec: {dnsPolicy: ClusterFirst, containers: [{name: a, "
             "image: x, imagePullPolicy: Always}, {name: sidecar}]}}}, status: {replicas: 1}}"),
      IsEmpty());
  EXPECT_THAT(differ("{spec: {replicas: 2}}", "{spec: {replicas: 5}}"), ElementsAre("spec.replicas: 2 is 5"));
}

TEST(Compare, TellsItemsOfListsByTheirKeysWhateverTheirOrder) {
  const char stated[] = R"(
spec:
  containers:
  - name: web
    env: [{ name: A, value: "1" }, { name: B, value: "2" }]
    ports: [{ containerPort: 80 }, { containerPort: 53, protocol: UDP }]
    volumeMounts: [{ mountPath: /x, name: v }]
)";
  EXPECT_THAT(differ(stated, R"(
spec:
  containers:
  - name: proxy
  - name: web
    env: [{ name: B, value: "2" }, { name: A, value: "1" }, { name: C, value: "3" }]
    ports: [{ containerPort: 53, protocol: UDP }, { containerPort: 80, protocol: TCP }]
    volumeMounts: [{ mountPath: /token, name: t }, { mountPath: /x, name: v }]
)"),
              IsEmpty());
  EXPECT_THAT(differ(stated, R"(
spec:
  containers:
  - name: web
    env: [{ name: A, value: "9" }]
    ports: [{ containerPort: 80, protocol: TCP }, { containerPort: 53, protocol: UDP }]
    volumeMounts: [{ mountPath: /x, name: v }]
)"),
              ElementsAre(R"(spec.containers[name=web].env[name=A].value: "1" is "9")",
                          R"(spec.containers[name=web].env[name=B]: {"name":"B","value":"2"} is null)"));
}

TEST(Compare, TakesOtherListsForOneValue) {
  EXPECT_THAT(differ("{spec: {tolerations: [{key: a}]}}", "{spec: {tolerations: [{key: a, operator: Equal}]}}"),
              IsEmpty());
  EXPECT_THAT(differ("{spec: {args: [a, b]}}", "{spec: {args: [b, a]}}"),
              ElementsAre(R"(spec.args[0]: "a" is "b")", R"(spec.args[1]: "b" is "a")"));
  EXPECT_THAT(differ("{spec: {args: [a]}}", "{spec: {args: [a, b]}}"), ElementsAre(R"(spec.args: ["a"] is ["a","b"])"));
  EXPECT_THAT(differ("{metadata: {finalizers: [a]}}", "{metadata: {finalizers: [b, a]}}"), IsEmpty());
  // What a custom resource declares is its own.
  EXPECT_THAT(
      differ("{apiVersion: x.org/v1, spec: {containers: [{name: a}]}}", "{spec: {containers: [{name: b}, {name: a}]}}"),
      ElementsAre(R"(spec.containers: [{"name":"a"}] is [{"name":"b"},{"name":"a"}])"));
}

TEST(Compare, ComparesAmountsByWhatTheyMean) {
  EXPECT_THAT(differ("{resources: {limits: {cpu: 1000m, memory: 1Gi}, requests: {cpu: 0.5}}}",
                     "{resources: {limits: {cpu: '1', memory: 1024Mi}, requests: {cpu: 500m}}}"),
              IsEmpty());
  EXPECT_THAT(differ("{resources: {limits: {cpu: 1000m}}}", "{resources: {limits: {cpu: 1001m}}}"),
              ElementsAre(R"(resources.limits.cpu: "1000m" is "1001m")"));
  EXPECT_THAT(differ("{spec: {port: '80', name: '1000m'}}", "{spec: {port: 80, name: '1'}}"),
              ElementsAre(R"(spec.name: "1000m" is "1")"));
}

TEST(Compare, TakesNoTextForAnAmountThatPeopleNamed) {
  EXPECT_THAT(differ("{data: {cpu: 1000m}, metadata: {labels: {memory: 1Gi}}}",
                     "{data: {cpu: '1'}, metadata: {labels: {memory: 1024Mi}}}"),
              ElementsAre(R"(data.cpu: "1000m" is "1")", R"(metadata.labels.memory: "1Gi" is "1024Mi")"));
  EXPECT_THAT(differ("{spec: {containers: [{name: a, env: [{name: A, value: 1e3}]}]}}",
                     "{spec: {containers: [{name: a, env: [{name: A, value: '1k'}]}]}}"),
              ElementsAre(R"(spec.containers[name=a].env[name=A].value: 1000.0 is "1k")"));
}

TEST(Compare, MissesNothingThatServersLeaveOut) {
  EXPECT_THAT(differ("{spec: {paused: false, suspend: null, labels: {}, args: [], env: ''}}", "{spec: {}}"), IsEmpty());
  EXPECT_THAT(differ("{spec: {labels: {a: b}}}", "{spec: {}}"), ElementsAre(R"(spec.labels: {"a":"b"} is null)"));
  EXPECT_THAT(
      differ("{metadata: {name: a, uid: x, labels: {l: m}}, status: {a: 1}, kind: A}", "{metadata: {labels: {l: m}}}"),
      IsEmpty());
}

TEST(Compare, BelievesTheServerWhereItWasAsked) {
  const Json stated = yaml("{spec: {cpu: 0.50, gone: 1, rules: [{a: 1}]}}");
  const Json wanted = yaml("{spec: {cpu: 500m, rules: [{a: 1, d: 1}]}}");
  EXPECT_THAT(compare(stated, wanted, wanted), IsEmpty());
  EXPECT_THAT(said(compare(stated, wanted, yaml("{spec: {cpu: 500m, rules: [{a: 1, d: 1, extra: 2}]}}"))),
              ElementsAre(R"(spec.rules: [{"a":1}] is [{"a":1,"d":1,"extra":2}])"));
}

TEST(Compare, KeepsAManifestAsTheServerDoes) {
  EXPECT_EQ(as_kept(yaml("{apiVersion: v1, kind: Secret, stringData: {a: b}, data: {c: ZA==}}")),
            yaml("{apiVersion: v1, kind: Secret, data: {a: Yg==, c: ZA==}}"));
}

constexpr char kManaged[] = R"([
  {"manager": "helm", "operation": "Update", "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1":
    {"f:metadata": {"f:labels": {".": {}, "f:app": {}}},
     "f:spec": {"f:tolerations": {}, "f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"web\"}":
        {".": {}, "f:name": {}, "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {"f:containerPort": {}}}}}}}}}},
  {"manager": "kubectl-edit", "operation": "Update", "time": "2026-01-02T00:00:00Z", "fieldsV1":
    {"f:metadata": {"f:labels": {"f:app": {}}, "f:finalizers": {"v:\"keep\"": {}}}}},
  {"manager": "kube-controller-manager", "subresource": "scale", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
  {"manager": "broken", "fieldsV1": {"k:{": {}, "v:": 3}}, 7])";

std::vector<std::string> managers(const FieldPath& path) {
  std::vector<std::string> names;
  for (const FieldOwner& owner : owners_of(Json::parse(kManaged).value(), path)) {
    names.push_back(owner.manager + (owner.subresource.empty() ? "" : "/" + owner.subresource));
  }
  return names;
}

TEST(FieldOwners, AreFoundByNamesKeysAndValuesTheNewestFirst) {
  const Json web = Json::object({{"name", "web"}});
  const Json port = Json::object({{"containerPort", 80}, {"protocol", "TCP"}});
  EXPECT_THAT(managers({"metadata", "labels", "app"}), ElementsAre("kubectl-edit", "helm"));
  EXPECT_THAT(managers({"spec", "replicas"}), ElementsAre("kube-controller-manager/scale"));
  EXPECT_THAT(managers({"metadata", "finalizers", ItemValue{"keep"}}), ElementsAre("kubectl-edit"));
  EXPECT_THAT(
      managers({"spec", "template", "spec", "containers", ItemKey{web}, "ports", ItemKey{port}, "containerPort"}),
      ElementsAre("helm"));
  EXPECT_THAT(managers({"spec", "template", "spec", "containers", ItemKey{web}, "image"}), IsEmpty());
}

TEST(FieldOwners, OfAListThatIsOneValueOwnAllInIt) {
  EXPECT_THAT(managers({"spec", "tolerations", size_t{1}, "key"}), ElementsAre("helm"));
  EXPECT_THAT(managers({}), IsEmpty());
}

TEST(ControllerFields, AreThoseOfAutoscalersInjectorsAndControllers) {
  const Json deployment = Json::object({{"kind", "Deployment"}});
  const FieldOwner person{.manager = "kubectl", .operation = "Update", .subresource = "scale", .at = {}};
  EXPECT_EQ(rightful_change(deployment, {"spec", "replicas"}, "web", person), "set by the autoscaler web");
  EXPECT_EQ(rightful_change(deployment, {"spec", "replicas"}, "", person), "");
  const Json noted = Json::object({{"annotations", Json::object({{"capstan/stopped", "{}"}})}});
  EXPECT_EQ(rightful_change(Json::object({{"metadata", noted}}), {"spec", "replicas"}, "", {}),
            "stopped by kubernetes.stop, until it is started");
  EXPECT_EQ(rightful_change(deployment, {"spec", "x"}, "",
                            FieldOwner{.manager = "kubelet", .operation = {}, .subresource = {}, .at = {}}),
            "set by kubelet");
  EXPECT_EQ(rightful_change(Json::object({{"kind", "ValidatingWebhookConfiguration"}}),
                            {"webhooks", ItemKey{Json::object({{"name", "a"}})}, "clientConfig", "caBundle"}, "", {}),
            "injected");
}

TEST(FieldPath, SurvivesBeingWritten) {
  const FieldPath path = {"spec", ItemKey{Json::object({{"name", "web"}})}, "a.b/c", size_t{3}, ItemValue{"x"}};
  EXPECT_EQ(to_string(path), R"(spec[name=web]["a.b/c"][3][=x])");
  EXPECT_EQ(field_path_from_json(to_json(path)).value(), path);
  EXPECT_FALSE(field_path_from_json(Json::array({true})).has_value());
}

}  // namespace
}  // namespace capstan::drift
