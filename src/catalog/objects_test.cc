#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/sqlite.h"
#include "catalog/catalog.h"
#include "catalog/sql_engine.h"
#include "catalog/test_catalog.h"
#include "model/object_mapping.h"

namespace capstan::catalog {
namespace {

// Objects of a counterpart are kept whole; their columns and parts follow from them.
class ObjectsTest : public CatalogFixture {
 protected:
  void SetUp() override {
    CatalogFixture::SetUp();
    must(catalog().set_kinds(read_kinds(R"(
template: an_object
objects: { system: kubernetes, name: metadata.name, labels: metadata.labels, identity: [namespace, name] }
columns: { namespace: { from: metadata.namespace } }
---
kind: k8s_deployment
like: an_object
objects: { group: apps, resource: deployments, type: Deployment, drop: [metadata.managedFields], mask: [secret] }
columns:
  replicas: { type: integer, from: spec.replicas }
---
kind: k8s_container
part_of: { k8s_deployment: ["spec.containers[*]"] }
columns:
  name: { from: name }
  memory: { type: real, from: memory, measure: quantity }
)",
                                        "kinds.yaml")
                                 .kinds));
  }

  Resource deployment(std::string_view spec) {
    const ObjectMapping mapping(catalog().kinds(), "kubernetes");
    const std::string text = R"({"metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web", "empty": ""},
      "managedFields": [1]}, "secret": {"password": "x"}, "spec": )" +
                             std::string(spec) + "}";
    return ObjectMapping::to_resource(*mapping.by_type("apps", "Deployment"), Json::parse(text).value(), Json::object())
        .value();
  }
  std::vector<NewFact> observe(int64_t second, std::vector<Resource> resources, std::vector<ResourceId> gone = {}) {
    return look({.scope = "kubernetes:prod",
                 .at = at_second(second),
                 .resources = std::move(resources),
                 .relations = {},
                 .complete_kinds = {},
                 .gone = std::move(gone),
                 .departures = {}});
  }
  std::string ask(const std::string& sql) {
    sqlite::Database database = sqlite::Database::open_reader(file()).value();
    return database.text_of(sql).value().value_or("(none)");
  }
};

// An object with so many replicas, and of a size that is worth packing.
constexpr int kVersions = 200;

class ObjectHistoryTest : public ObjectsTest {
 protected:
  Resource version(int replicas) {
    std::string containers;
    for (int i = 0; i < 20; ++i) {
      containers += fmt::format(R"({}{{"name": "c{}", "memory": "{}Mi"}})", i == 0 ? "" : ",", i, 100 + i);
    }
    return deployment(fmt::format(R"({{"replicas": {}, "containers": [{}]}})", replicas, containers));
  }
  void SetUp() override {
    ObjectsTest::SetUp();
    for (int i = 1; i <= kVersions; ++i) observe(i, {version(i)});
  }
  int64_t replicas_at(int second) {
    const auto then = catalog().reader().value().resource_at(version(1).id, at_second(second)).value();
    return then ? then->fields["spec"]["replicas"].int_or(-1) : -1;
  }
};

TEST_F(ObjectHistoryTest, EveryVersionIsWhatItWas) {
  const std::vector<ResourceVersion> versions = catalog().reader().value().history(version(1).id).value();
  ASSERT_EQ(versions.size(), size_t{kVersions});
  for (int i = 0; i < kVersions; ++i) {
    EXPECT_EQ(versions[i].resource.fields, version(kVersions - i).fields) << i;
  }
  EXPECT_EQ(replicas_at(70), 70);
  EXPECT_EQ(replicas_at(kVersions + 5), kVersions);
  observe(kVersions + 1, {}, {version(1).id});
  EXPECT_EQ(replicas_at(kVersions), kVersions) << "the last version, too, when it is gone";
  EXPECT_EQ(replicas_at(kVersions + 2), -1);
}

TEST_F(ObjectHistoryTest, ColumnsOfThePastAreMadeAsThoseOfThePresent) {
  VirtualClock clock(at_second(300));
  const SqlEngine sql(catalog(), clock);
  const Table then = must(
      sql.query("SELECT replicas, namespace, name FROM k8s_deployment_at('2026-01-01T00:01:10Z')", at_second(300), {}));
  ASSERT_EQ(then.rows.size(), 1u);
  EXPECT_EQ(to_text(then.rows[0][0]) + to_text(then.rows[0][1]) + to_text(then.rows[0][2]), "70shopweb");
}

TEST_F(ObjectHistoryTest, TakesLittleRoomForWhatIsAlike) {
  const auto bytes = std::stoll(ask("SELECT sum(length(fields)) FROM resource_version"));
  const auto whole = static_cast<int64_t>(version(1).fields.dump().size()) * kVersions;
  EXPECT_LT(bytes * 10, whole) << bytes << " bytes of " << whole;
}

TEST_F(ObjectHistoryTest, ForgetsWhatIsOldAndCanStillReadTheRest) {
  must(catalog().forget_history(at_second(150)));
  for (int second = 150; second <= kVersions; ++second) EXPECT_EQ(replicas_at(second), second);
  EXPECT_EQ(replicas_at(20), -1);
  const std::vector<ResourceVersion> left = catalog().reader().value().history(version(1).id).value();
  EXPECT_LE(left.size(), size_t{kVersions - 150 + 3}) << "and those that others are packed against";
}

TEST_F(ObjectsTest, BecomeRowsWithTheirColumnsAndParts) {
  const Resource web = deployment(R"({"replicas": 2, "containers": [{"name": "a", "memory": "1Gi"}, {"name": "b"}]})");
  EXPECT_EQ(web.id, "k8s_deployment/shop/web");
  observe(1, {web});
  EXPECT_EQ(ask("SELECT replicas || namespace || name FROM k8s_deployment"), "2shopweb");
  EXPECT_EQ(ask("SELECT group_concat(owner || position || name || ifnull(memory, '?'), ';') FROM k8s_container"),
            "k8s_deployment/shop/web0a1073741824.0;k8s_deployment/shop/web1b?");
  EXPECT_EQ(ask("SELECT group_concat(name || '=' || value) FROM label"), "app=web,empty=");
  const auto known = catalog().reader().value().resource(web.id).value();
  EXPECT_EQ(known->object.dump(), R"({"metadata":{"name":"web","namespace":"shop"},"secret":{"password":"***"},)"
                                  R"("spec":{"containers":[{"memory":"1Gi","name":"a"},{"name":"b"}],"replicas":2}})");
}

TEST_F(ObjectsTest, ChangePlaceByPlace) {
  observe(1, {deployment(R"({"replicas": 2, "containers": [{"name": "a"}, {"name": "b"}]})")});
  const auto facts = observe(2, {deployment(R"({"replicas": 3, "containers": [{"name": "a", "memory": "1"}]})")});
  ASSERT_EQ(facts.size(), 1u);
  EXPECT_EQ(facts[0].body["changed"].dump(),
            R"({"spec.containers":[[{"name":"a"},{"name":"b"}],[{"memory":"1","name":"a"}]],"spec.replicas":[2,3]})");
  EXPECT_EQ(ask("SELECT replicas FROM k8s_deployment"), "3");
  EXPECT_EQ(ask("SELECT group_concat(name || ifnull(memory, '')) FROM k8s_container"), "a1.0");
  EXPECT_EQ(observe(3, {deployment(R"({"replicas": 3, "containers": [{"name": "a", "memory": "1"}]})")}).size(), 0u);
}

TEST_F(ObjectsTest, AreGoneWhenTheirCounterpartSaysSo) {
  const Resource web = deployment(R"({"containers": [{"name": "a"}]})");
  observe(1, {web});
  EXPECT_EQ(observe(2, {}, {"k8s_deployment/shop/other"}).size(), 0u);
  EXPECT_EQ(observe(3, {}, {web.id}).size(), 1u);
  EXPECT_EQ(ask("SELECT count(*) FROM k8s_deployment"), "0");
  EXPECT_EQ(ask("SELECT count(*) FROM k8s_container"), "0");
}

TEST_F(ObjectsTest, AreGoneWhenACompleteListLacksThem) {
  const Resource web = deployment("{}");
  observe(1, {web});
  Observation list{.scope = "kubernetes:prod",
                   .at = at_second(2),
                   .resources = {},
                   .relations = {},
                   .complete_kinds = {},
                   .departures = {}};
  list.complete_prefixes = {"k8s_deployment/"};
  list.still_there = {web.id};
  EXPECT_EQ(look(list).size(), 0u);
  list.still_there.clear();
  list.complete_prefixes = {"k8s_deployment/other/"};
  EXPECT_EQ(look(list).size(), 0u);
  list.complete_prefixes = {"k8s_deployment/shop/"};
  EXPECT_EQ(look(list).size(), 1u);
}

TEST_F(ObjectsTest, LoseSingleRelations) {
  const Resource web = deployment("{}");
  observe(1, {web});
  const Relation calls{.source = web.id, .kind = "calls", .target = "k8s_service/shop/db", .origin = Origin::kDerived};
  Observation derived{.scope = "derived:test/calls",
                      .at = at_second(2),
                      .resources = {},
                      .relations = {calls},
                      .complete_kinds = {},
                      .departures = {}};
  EXPECT_EQ(look(derived).size(), 1u);
  Observation other{.scope = "derived:test/other",
                    .at = at_second(3),
                    .resources = {},
                    .relations = {},
                    .complete_kinds = {},
                    .departures = {}};
  other.gone_relations = {calls};
  EXPECT_EQ(look(other).size(), 0u);
  other.scope = derived.scope;
  EXPECT_EQ(look(other).size(), 1u);
  EXPECT_EQ(look(other).size(), 0u);
}

TEST_F(ObjectsTest, FillTheirTablesAnewWhenThePackChanges) {
  observe(1, {deployment(R"({"replicas": 2, "containers": [{"name": "a", "memory": "500m"}]})")});
  std::vector<KindSpec> kinds = catalog().kinds();
  for (KindSpec& kind : kinds) {
    if (kind.is_part()) kind.columns[1].measure = Measure::kPlain;
  }
  must(catalog().set_kinds(kinds));
  EXPECT_EQ(ask("SELECT count(*) FROM k8s_container WHERE memory IS NULL"), "1");
  EXPECT_EQ(ask("SELECT replicas FROM k8s_deployment"), "2");
}

TEST_F(ObjectsTest, AreCutWhereTheyAreTooLarge) {
  std::string many;
  for (int i = 0; i < 4000; ++i)
    many += fmt::format("{}\"key{}\": \"{}\"", i == 0 ? "" : ", ", i, std::string(40, 'x'));
  const Resource large = deployment(fmt::format(R"({{"replicas": 7, "data": {{{}}}}})", many));
  EXPECT_LT(large.fields.dump().size(), kLargestObject);
  EXPECT_TRUE(large.fields["spec"]["data"].contains(kOmitted));
  EXPECT_EQ(observe(1, {large}).size(), 1u);
  EXPECT_EQ(ask("SELECT replicas FROM k8s_deployment"), "7");
}

}  // namespace
}  // namespace capstan::catalog
