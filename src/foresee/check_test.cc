#include "foresee/check.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/pack_kinds.h"
#include "detect/fake_sources.h"
#include "foresee/admitted_objects.h"
#include "foresee/check_report.h"

namespace capstan::foresee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kKinds[] = R"(
template: an_object
objects: { system: kubernetes, name: metadata.name, labels: metadata.labels, identity: [cluster, namespace, name] }
columns: { cluster: {}, namespace: { from: metadata.namespace } }
---
kind: k8s_pod
like: an_object
objects: { group: "", resource: pods, type: Pod }
---
kind: k8s_service
like: an_object
objects: { group: "", resource: services, type: Service }
columns: { selector: { type: json, from: spec.selector } }
---
kind: k8s_deployment
like: an_object
objects: { group: apps, resource: deployments, type: Deployment }
makes: { kind: k8s_pod, metadata: spec.template.metadata, spec: spec.template.spec, count: spec.replicas }
---
kind: k8s_ingress
like: an_object
objects: { group: networking.k8s.io, resource: ingresses, type: Ingress }
---
kind: example_widget
like: an_object
objects: { group: example.org, resource: widgets, type: Widget }
---
kind: k8s_definition
like: an_object
objects: { group: apiextensions.k8s.io, resource: customresourcedefinitions, type: CustomResourceDefinition }
---
kind: k8s_quota
like: an_object
objects: { group: "", resource: quotas, type: Quota }
columns: { most: { type: real, from: spec.memory, measure: quantity } }
---
kind: k8s_container
part_of: { k8s_pod: ["spec.containers[*]"] }
columns:
  name: {}
  memory: { type: real, from: resources.requests.memory, measure: quantity }
)";

constexpr char kRelations[] = R"(
relation: selects
selects: { from: k8s_service, path: spec.selector, to: k8s_pod }
---
relation: routes_to
refers: { from: k8s_ingress, path: spec.service, to: k8s_service }
---
relation: owns
refers: { path: "metadata.ownerReferences[*]", type: kind, group: apiVersion, name: name, reversed: true }
)";

constexpr char kRules[] = R"(
rule: SelectsNothing
severity: high
on: k8s_service
where: selector IS NOT NULL AND NOT EXISTS (SELECT 1 FROM relation r WHERE r.source = this.id AND r.kind = 'selects')
says: "{{name}} selects no pod"
remedy: "give a pod the labels {{selector}}"
---
rule: NoSuchService
severity: high
on: k8s_ingress
find: |
  SELECT this.id, this.name, r.target AS missing FROM this JOIN relation r ON r.source = this.id
  WHERE r.kind = 'routes_to' AND NOT EXISTS (SELECT 1 FROM resource t WHERE t.id = r.target)
says: "{{name}} routes to {{missing}}, which does not exist"
---
rule: OverQuota
severity: medium
on: k8s_pod
reach: namespace
find: |
  SELECT this.id, this.name, c.name AS container, q.most AS most FROM this
  JOIN k8s_container c ON c.owner = this.id
  JOIN k8s_quota q ON q.namespace = this.namespace WHERE c.memory > q.most
says: "{{container}} of {{name}} wants more than {{most}}"
---
rule: FewReplicas
severity: high
on: k8s_deployment
where: this.name LIKE 'big%'
allows: { properties: { spec: { properties: { replicas: { type: integer, minimum: 2, maximum: 10 } } } } }
says: "{{name}}: {{place}} is {{value}}, allowed is {{allowed}}, nearest is {{nearest}}"
remedy: "{{advice}}"
)";

class CheckTest : public testing::Test {
 protected:
  void SetUp() override {
    const catalog::LoadedKinds kinds = catalog::read_kinds(kKinds, "kinds.yaml");
    for (const Error& problem : kinds.problems) ADD_FAILURE() << problem.to_string();
    const catalog::LoadedRelations relations = catalog::read_relations(kRelations, "relations.yaml", "test");
    for (const Error& problem : relations.problems) ADD_FAILURE() << problem.to_string();
    const detect::SqlRuleFile rules = detect::read_sql_rules(kRules, "rules.yaml", detect::FakeSql(), kinds.kinds);
    for (const Error& problem : rules.problems) ADD_FAILURE() << problem.to_string();
    picture_ = catalog::Picture::create(kinds.kinds, relations.relations).value();
    rules_ = std::make_unique<detect::PictureRules>(*picture_);
    for (const Error& problem : rules_->load(rules.rules)) ADD_FAILURE() << problem.to_string();
    checker_ = std::make_unique<Checker>(*picture_, *rules_);
    assume(R"(
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: 2
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: c, resources: { requests: { memory: 1Gi } } }, { name: side }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: shop }
spec: { service: web }
)");
  }

  void assume(std::string_view text) {
    for (const Error& problem : checker_->assume(read(text), {})) ADD_FAILURE() << problem.to_string();
  }
  static std::vector<ObjectDocument> read(std::string_view text) {
    ObjectDocuments read = read_objects(text, "change.yaml");
    for (const Error& problem : read.problems) ADD_FAILURE() << problem.to_string();
    return read.documents;
  }
  CheckReport patch(std::string_view text) { return checker_->check(read(text), {.documents_are_patches = true}); }
  static std::vector<std::string> said(const std::vector<Finding>& findings) {
    std::vector<std::string> all;
    for (const Finding& finding : findings) all.push_back(finding.rule + " " + finding.resource + ": " + finding.says.text);
    return all;
  }

  std::unique_ptr<catalog::Picture> picture_;
  std::unique_ptr<detect::PictureRules> rules_;
  std::unique_ptr<Checker> checker_;
};

constexpr char kRelabel[] = R"({"apiVersion": "apps/v1", "kind": "Deployment",
  "metadata": {"name": "web", "namespace": "shop"}, "spec": {"template": {"metadata": {"labels": {"app": "new"}}}}})";

TEST_F(CheckTest, NamesTheServiceThatARelabelledPodFallsOutOfAndWhoCountsOnIt) {
  EXPECT_THAT(rules_->holding(), IsEmpty());
  const CheckReport report = patch(kRelabel);
  EXPECT_THAT(said(report.broken), ElementsAre("SelectsNothing k8s_service/check/shop/web: web selects no pod"));
  EXPECT_EQ(report.broken[0].remedy, R"(give a pod the labels {"app":"web"})");
  ASSERT_EQ(report.consequences.size(), 2u);
  const auto& lost =
      report.consequences[1].change.relation.kind == "selects" ? report.consequences[1] : report.consequences[0];
  EXPECT_EQ(lost.change.relation.source, "k8s_service/check/shop/web");
  ASSERT_EQ(lost.counted_on_by.size(), 1u);
  EXPECT_EQ(lost.counted_on_by[0].source, "k8s_ingress/check/shop/shop");
  EXPECT_TRUE(breaks(report, Severity::kHigh));
  EXPECT_FALSE(breaks(report, Severity::kCritical));
  EXPECT_THAT(to_text(report), HasSubstr("k8s_ingress/check/shop/shop routes_to it"));
}

TEST_F(CheckTest, LeavesNoTrace) {
  const std::string before = picture_->content_hash().value();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(patch(kRelabel).broken.size(), 1u);
  EXPECT_EQ(picture_->content_hash().value(), before);
  EXPECT_THAT(rules_->holding(), IsEmpty());
}

TEST_F(CheckTest, SaysWhatAChangeMends) {
  assume(R"({apiVersion: v1, kind: Service, metadata: {name: lost, namespace: shop}, spec: {selector: {app: db}}})");
  const CheckReport report =
      patch(R"({apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}})");
  EXPECT_THAT(report.broken, IsEmpty());
  EXPECT_THAT(said(report.mended), ElementsAre("SelectsNothing k8s_service/check/shop/lost: lost selects no pod"));
}

TEST_F(CheckTest, SeesWhatADeletionTakesAway) {
  const CheckReport report =
      patch("{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, $patch: delete}");
  EXPECT_THAT(said(report.broken), ElementsAre("NoSuchService k8s_ingress/check/shop/shop: shop routes to "
                                               "k8s_service/check/shop/web, which does not exist"));
}

TEST_F(CheckTest, ReachesAllOfANamespaceWhereARuleSaysSo) {
  const char quota[] = "{apiVersion: v1, kind: Quota, metadata: {name: q, namespace: shop}, spec: {memory: 512Mi}}";
  EXPECT_THAT(said(patch(quota).broken),
              ElementsAre("OverQuota k8s_pod/check/shop/web-…: c of web-… wants more than 536870912"));
  const char elsewhere[] = "{apiVersion: v1, kind: Quota, metadata: {name: q, namespace: b}, spec: {memory: 512Mi}}";
  EXPECT_THAT(patch(elsewhere).broken, IsEmpty());
}

TEST_F(CheckTest, TakesThePodsOfADumpForThoseThatItsWorkloadsMade) {
  const auto pod = [](std::string_view name) {
    return fmt::format(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: {}, namespace: b, labels: {{app: x}}, ownerReferences: "
        "[{{apiVersion: apps/v1, kind: Deployment, name: x}}]}}}}\n---\n",
        name);
  };
  assume(
      pod("x-1") + pod("x-2") +
      "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x, namespace: b}, spec: {template: {metadata: {labels: "
      "{app: x}}, spec: {}}}}");
  EXPECT_TRUE(picture_->find("k8s_pod/check/b/x-1").has_value());
  EXPECT_FALSE(picture_->find("k8s_pod/check/b/x-…").has_value());
}

TEST_F(CheckTest, TakesAWholeManifestForWhatItIs) {
  const char manifest[] = R"(
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec: { template: { metadata: { labels: { tier: web } }, spec: { containers: [] } } }
)";
  EXPECT_EQ(checker_->check(read(manifest), {}).broken.size(), 1u);
  EXPECT_THAT(patch(manifest).broken, IsEmpty());  // As a patch it only adds a label.
}

TEST_F(CheckTest, ChecksWhatItKnowsAndTellsTheRest) {
  const CheckReport report =
      patch(std::string(kRelabel) + "\n---\n{apiVersion: x.org/v1, kind: Thing, metadata: {name: a}}");
  EXPECT_EQ(report.broken.size(), 1u);
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_THAT(report.problems[0].to_string(), HasSubstr("no pack declares Thing of the group 'x.org'"));
}

constexpr char kIngress[] = R"({apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: new, namespace: shop},
  spec: {service: new}})";
constexpr char kService[] = R"({apiVersion: v1, kind: Service, metadata: {name: new, namespace: shop},
  spec: {selector: {app: new}}})";
constexpr char kPod[] = R"({apiVersion: v1, kind: Pod, metadata: {name: new, namespace: shop, labels: {app: new}},
  status: {phase: Pending}})";

TEST_F(CheckTest, BlamesAChangeOnlyForWhatItAddsToWhatIsAssumed) {
  CheckOptions options;
  options.assumed = read(kIngress);
  const CheckReport service = checker_->check(read(kService), options);
  EXPECT_THAT(said(service.broken), ElementsAre("SelectsNothing k8s_service/check/shop/new: new selects no pod"));
  EXPECT_THAT(said(service.mended), ElementsAre("NoSuchService k8s_ingress/check/shop/new: new routes to "
                                                "k8s_service/check/shop/new, which does not exist"));
  options.assumed = read(std::string(kService) + "\n---\n" + kPod);
  EXPECT_THAT(checker_->check(read(kIngress), options).broken, IsEmpty());
  const CheckReport gone = checker_->check(
      read("{apiVersion: v1, kind: Pod, metadata: {name: new, namespace: shop}, $patch: delete}"), options);
  EXPECT_THAT(said(gone.broken), ElementsAre("SelectsNothing k8s_service/check/shop/new: new selects no pod"));
  EXPECT_THAT(rules_->holding(), IsEmpty());
}

TEST_F(CheckTest, KnowsWhetherTheSystemIsAlreadyAsADocumentSays) {
  const ObjectDocument pod = read(kPod)[0];
  EXPECT_FALSE(checker_->is_so(pod, {}));
  assume(R"({apiVersion: v1, kind: Pod, metadata: {name: new, namespace: shop, labels: {app: new}, uid: "1"},
    status: {phase: Running}})");
  EXPECT_TRUE(checker_->is_so(pod, {}));
  EXPECT_FALSE(checker_->is_so(
      read("{apiVersion: v1, kind: Pod, metadata: {name: new, namespace: shop}, $patch: delete}")[0], {}));
  EXPECT_TRUE(checker_->is_so(
      read("{apiVersion: v1, kind: Pod, metadata: {name: no, namespace: shop}, $patch: delete}")[0], {}));
}

TEST_F(CheckTest, RemembersWhatWasAdmittedUntilItIsSeenOrLongAgo) {
  const Time now = from_unix_ms(1'800'000'000'000);
  AdmittedObjects admitted;
  admitted.add(read(kService)[0], "check", "shop", now);
  admitted.add(read(kPod)[0], "check", "shop", now);
  admitted.add(read(kPod)[0], "check", "shop", now);
  EXPECT_EQ(admitted.unseen(*checker_, "check", now).size(), 2u);
  EXPECT_THAT(admitted.unseen(*checker_, "another", now), IsEmpty());
  assume(kPod);
  const std::vector<ObjectDocument> unseen = admitted.unseen(*checker_, "check", now);
  ASSERT_EQ(unseen.size(), 1u);
  EXPECT_EQ(unseen[0].object["kind"].string_or_empty(), "Service");
  EXPECT_THAT(admitted.unseen(*checker_, "check", now + AdmittedObjects::kPatience), IsEmpty());
  EXPECT_EQ(admitted.size(), 0u);
}

TEST_F(CheckTest, IsWrittenForMachines) {
  const CheckReport report = patch(kRelabel);
  EXPECT_EQ(to_json(report)["broken"].items()[0]["rule"].string_or_empty(), "SelectsNothing");
  EXPECT_EQ(to_text(report_from_json(to_json(report))), to_text(report));
  const Json run = to_sarif(report, "1")["runs"].items()[0];
  EXPECT_EQ(run["results"].items()[0]["level"].string_or_empty(), "error");
  EXPECT_EQ(run["tool"]["driver"]["rules"].items().size(), 1u);
  EXPECT_THAT(to_junit(report, Severity::kHigh), HasSubstr("failures=\"1\""));
  EXPECT_THAT(to_junit(report, Severity::kCritical), HasSubstr("failures=\"0\""));
  EXPECT_THAT(to_junit({}, Severity::kHigh), HasSubstr("nothing would break"));
}

TEST(ObjectDocuments, AreReadOneByOneWithTheirPlace) {
  const ObjectDocuments read = read_objects(
      "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: A}\n- {apiVersion: v1, kind: B}\n---\nkind: "
      "C\n---\n- 1",
      "f.yaml");
  ASSERT_EQ(read.documents.size(), 2u);
  ASSERT_EQ(read.problems.size(), 2u);
  EXPECT_EQ(read.problems[0].to_string(), "f.yaml:7:1: an object needs 'apiVersion'");
  EXPECT_THAT(read.problems[1].to_string(), HasSubstr("f.yaml:9:1: an object must be a map"));
  EXPECT_THAT(read_objects("a: [", "g.yaml").problems[0].to_string(), HasSubstr("g.yaml:1:"));
}

constexpr char kDefinition[] = R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.org }
spec:
  group: example.org
  names: { kind: Widget, plural: widgets }
  versions:
    - name: v1
      served: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [size]
              x-kubernetes-validations: [{ rule: "self.size > 0" }]
              properties: { size: { type: integer, maximum: 9 }, open: { type: object, x-kubernetes-preserve-unknown-fields: true } }
)";

TEST_F(CheckTest, ARuleMaySayWhatItsObjectsMayBe) {
  const CheckReport report = patch(R"(
apiVersion: apps/v1
kind: Deployment
metadata: { name: bigweb, namespace: shop }
spec:
  replicas: 99
)");
  EXPECT_THAT(said(report.broken),
              ElementsAre("FewReplicas k8s_deployment/check/shop/bigweb: bigweb: spec.replicas is 99, allowed is at "
                          "least 2 and at most 10, nearest is 10"));
  EXPECT_EQ(report.broken[0].remedy, "Write replicas: 10.");
  EXPECT_EQ(report.spots.at(report.broken[0].id).where, (Where{"change.yaml", 6, 3}));
  EXPECT_THAT(patch("{apiVersion: apps/v1, kind: Deployment, metadata: {name: bigweb, namespace: shop}, spec: "
                    "{replicas: 3}}")
                  .broken,
              IsEmpty());
}

TEST_F(CheckTest, WhatAnObjectMayBeIsAskedAgainWhereNoTableShowsTheChange) {
  constexpr std::string_view kBig =
      "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: big}}, spec: {{replicas: {}}}}}";
  assume(fmt::format(kBig, 5));
  const CheckReport report = checker_->check(read(fmt::format(kBig, 11)), {});
  EXPECT_THAT(said(report.broken), ElementsAre(HasSubstr("spec.replicas is 11")));
}

TEST_F(CheckTest, ChecksCustomObjectsByADefinitionThatWasAssumedOrComesWithTheChange) {
  const std::string widget =
      "{apiVersion: example.org/v1, kind: Widget, metadata: {name: a, namespace: shop}, spec: "
      "{size: 12, sice: 1, open: {x: 1}}}";
  EXPECT_THAT(checker_->check(read(widget), {}).broken, IsEmpty());
  const CheckReport both = checker_->check(read(std::string(kDefinition) + "\n---\n" + widget), {});
  assume(kDefinition);
  for (const CheckReport& report : {both, checker_->check(read(widget), {})}) {
    EXPECT_THAT(said(report.broken),
                ElementsAre("KubeFieldInvalid example_widget/check/shop/a: spec.size is 12: allowed is at "
                            "most 9; the API server refuses it",
                            "KubeFieldUnknown example_widget/check/shop/a: spec.sice is no field: did you "
                            "mean size?; the API server drops it, or refuses the object"));
    EXPECT_THAT(report.notes,
                ElementsAre("expressions (x-kubernetes-validations) are not evaluated, of: example.org/v1 Widget",
                            "by their schemas parts may hold anything and are not checked, of: example.org/v1 Widget"));
  }
}

TEST_F(CheckTest, SaysWhichVersionToWriteWhereOneIsNotServed) {
  auto schemas = std::make_shared<schema::ObjectSchemas>();
  schemas->add_served("v1");
  schemas->add_served("apps/v1");
  const CheckReport report =
      checker_->check(read("{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: old, namespace: shop}}"),
                      {.schemas = schemas});
  EXPECT_THAT(said(report.broken),
              ElementsAre("KubeApiVersionNotServed k8s_deployment/check/shop/old: the API server has no "
                          "apps/v1beta1: the Deployment is refused"));
  EXPECT_EQ(report.broken[0].remedy, "Write apiVersion: apps/v1.");
}

TEST_F(CheckTest, EveryFormOfTheReportSaysWhereAFindingLies) {
  assume(kDefinition);
  const std::string widget = R"(apiVersion: example.org/v1
kind: Widget
metadata: { name: a, namespace: shop }
spec:
  size: 12
)";
  const CheckReport report = checker_->check(read(widget), {});
  EXPECT_THAT(to_text(report), HasSubstr("at: change.yaml:5:3"));
  EXPECT_THAT(to_junit(report, Severity::kHigh), HasSubstr("At: change.yaml:5:3"));
  const Json location = to_sarif(report, "1")["runs"].items()[0]["results"].items()[0]["locations"].items()[0];
  EXPECT_EQ(location["physicalLocation"]["region"]["startLine"], Json(5));
  EXPECT_THAT(location.dump(), HasSubstr("example_widget/check/shop/a#spec.size"));
  CheckReport again = report_from_json(to_json(report));
  EXPECT_EQ(again.notes, report.notes);
  EXPECT_EQ(to_text(again), to_text(report));
  again.spots.begin()->second.where = {};
  locate(again, read(widget));
  EXPECT_EQ(to_text(again), to_text(report));
}

}  // namespace
}  // namespace capstan::foresee
