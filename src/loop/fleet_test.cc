// What is asked of a fleet: lists, versions, violations and the map, over a catalog with two namespaces.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "catalog/sql_engine.h"
#include "catalog/test_catalog.h"
#include "loop/answers.h"
#include "loop/checks.h"
#include "loop/fleet_map.h"
#include "loop/resource_list.h"
#include "loop/versions.h"

namespace capstan::loop {
namespace {

using catalog::at_second;
using catalog::must;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kKinds[] = R"(
template: an_object
objects: { system: kubernetes, name: metadata.name, labels: metadata.labels, identity: [cluster, namespace, name] }
columns: { cluster: {}, namespace: { from: metadata.namespace }, replicas: { type: integer, from: spec.replicas } }
---
kind: k8s_service
like: an_object
objects: { group: "", resource: services, type: Service }
---
kind: k8s_namespace
objects: { system: kubernetes, name: metadata.name, labels: metadata.labels, identity: [cluster, name], group: "",
           resource: namespaces, type: Namespace }
columns: { cluster: {} }
---
kind: k8s_service_port
part_of: { k8s_service: ["spec.ports[*]"] }
columns: { port: { type: integer } }
)";

class FleetTest : public catalog::CatalogFixture {
 protected:
  void SetUp() override {
    open(kKinds);
    appear("k8s_namespace", "", "shop", {{"team", "sales"}}, 1);
    appear("k8s_namespace", "", "bank", {}, 1);
    appear("k8s_service", "shop", "web", {{"app", "web"}}, 1);
    appear("k8s_service", "shop", "db", {{"app", "db"}, {"team", "data"}}, 3);
    appear("k8s_service", "bank", "web", {{"app", "web"}}, 2);
    sql_ = std::make_unique<catalog::SqlEngine>(catalog(), clock_, catalog::SqlEngineOptions{});
  }
  void TearDown() override { sql_.reset(); }

  void appear(const std::string& kind, const std::string& space, const std::string& name, const ResourceLabels& labels,
              int64_t replicas) {
    Json metadata = Json::object({{"name", name}});
    if (!space.empty()) metadata.set("namespace", space);
    const std::string id = kind + "/prod/" + (space.empty() ? "" : space + "/") + name;
    write(fact_kind::kResourceAppeared, id,
          Json::object({{"kind", kind},
                        {"name", name},
                        {"labels", to_json(labels)},
                        {"scope", "kubernetes:prod"},
                        {"fields", Json::object({{"cluster", "prod"},
                                                 {"metadata", std::move(metadata)},
                                                 {"spec", Json::object({{"replicas", replicas}})}})}}),
          second_++);
  }
  void find(const std::string& rule, Severity severity, const std::string& resource) {
    Finding finding;
    finding.id = rule + " " + resource;
    finding.rule = rule;
    finding.severity = severity;
    finding.resource = resource;
    finding.says = rule + " of " + resource;
    write(fact_kind::kFindingOpened, finding.id, finding.to_json(), second_++);
  }
  std::string id(const std::string& space, const std::string& name) { return "k8s_service/prod/" + space + "/" + name; }

  std::vector<std::string> listed(const ResourceQuery& query) {
    return texts(must(resource_list(must(catalog().reader()), *sql_, query, at_second(100))), "resources", "id");
  }
  Json checks(const ChecksQuery& query = {}) {
    return must(checks_answer(must(catalog().reader()),
                              {.rules = {{"Lonely", Json::object({{"line", 7}})}, {"Unready", {}}},
                               .owner_labels = {"team", "app"},
                               .now = at_second(100)},
                              query));
  }
  static std::vector<std::string> texts(const Json& answer, std::string_view list, std::string_view member) {
    std::vector<std::string> found;
    for (const Json& item : answer[list].items()) found.push_back(item[member].string_or_empty());
    return found;
  }

  VirtualClock clock_{at_second(100)};
  int64_t second_ = 1;
  std::unique_ptr<catalog::SqlEngine> sql_;
};

TEST_F(FleetTest, ListsResourcesByPlaceLabelsAndText) {
  EXPECT_THAT(listed({.kind = "k8s_service"}), ElementsAre(id("bank", "web"), id("shop", "db"), id("shop", "web")));
  EXPECT_THAT(listed({.space = "shop"}), ElementsAre("k8s_namespace/prod/shop", id("shop", "db"), id("shop", "web")));
  EXPECT_THAT(listed({.cluster = "staging"}), IsEmpty());
  EXPECT_THAT(listed({.kind = "k8s_service", .labels = "app=web,!team"}),
              ElementsAre(id("bank", "web"), id("shop", "web")));
  EXPECT_THAT(listed({.search = "TEAM=DATA"}), ElementsAre(id("shop", "db")));
  EXPECT_THAT(listed({.kind = "k8s_pod"}), IsEmpty());
}

TEST_F(FleetTest, SortsAndPagesLists) {
  EXPECT_THAT(listed({.kind = "k8s_service", .sort = "-replicas"}),
              ElementsAre(id("shop", "db"), id("bank", "web"), id("shop", "web")));
  EXPECT_THAT(listed({.kind = "k8s_service", .sort = "replicas", .limit = 1, .offset = 1}),
              ElementsAre(id("bank", "web")));
  EXPECT_EQ(resource_list(must(catalog().reader()), *sql_, {.kind = "k8s_service", .sort = "1; DROP"}, at_second(1))
                .error()
                .code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(resource_list(must(catalog().reader()), *sql_, {.labels = "a=("}, at_second(1)).error().code,
            ErrorCode::kInvalidArgument);
}

TEST_F(FleetTest, ShowsAnObjectAsItWasWithItsRelations) {
  write(fact_kind::kRelationAppeared, id("shop", "web"),
        Json::object({{"kind", "uses"}, {"target", id("shop", "db")}, {"scope", "x"}}), 10);
  write(fact_kind::kResourceChanged, id("shop", "web"),
        Json::object({{"kind", "k8s_service"},
                      {"changed", Json::object({{"spec.replicas", Json::array({1, 5})},
                                                {"label:app", Json::array({"web", "w"})}})}}),
        20);
  write(fact_kind::kRelationGone, id("shop", "web"), Json::object({{"kind", "uses"}, {"target", id("shop", "db")}}),
        30);
  const catalog::CatalogReader reader = must(catalog().reader());
  const Json then = must(resource_answer(reader, id("shop", "web"), at_second(15)));
  EXPECT_EQ(then["object"].dump(),
            R"({"metadata":{"labels":{"app":"web"},"name":"web","namespace":"shop"},"spec":{"replicas":1}})");
  EXPECT_EQ(then["resource"]["fields"]["replicas"], Json(1));
  EXPECT_EQ(then["relations"].items().size(), 1u);
  const Json now = must(resource_answer(reader, id("shop", "web"), std::nullopt));
  EXPECT_EQ(now["object"]["spec"]["replicas"], Json(5));
  EXPECT_EQ(now["object"]["metadata"]["labels"]["app"], Json("w"));
  EXPECT_EQ(now["resource"]["fields"]["replicas"], Json(5));
  EXPECT_TRUE(now["relations"].items().empty());
  EXPECT_EQ(now["history"].items()[0]["changes"].dump(), R"({"label:app":["web","w"],"spec.replicas":[1,5]})");
}

TEST_F(FleetTest, TellsTwoVersionsApart) {
  write(fact_kind::kResourceChanged, id("shop", "web"),
        Json::object({{"kind", "k8s_service"}, {"changed", Json::object({{"spec.replicas", Json::array({1, 5})}})}}),
        20);
  const catalog::CatalogReader reader = must(catalog().reader());
  const Json history = must(resource_answer(reader, id("shop", "web"), std::nullopt))["history"];
  const auto seq = [&](size_t at) { return static_cast<Seq>(history.items()[at]["seq"].int_or(0)); };
  const Json difference = must(version_difference(reader, id("shop", "web"), seq(1), seq(0)));
  EXPECT_EQ(difference["changes"].dump(), R"([{"after":5,"before":1,"place":"spec.replicas"}])");
  EXPECT_EQ(difference["before"]["object"]["spec"]["replicas"], Json(1));
  EXPECT_EQ(difference["after"]["object"]["metadata"]["labels"]["app"], Json("web"));
  EXPECT_TRUE(must(version_difference(reader, id("shop", "web"), 0, seq(0)))["before"].is_null());
  EXPECT_EQ(version_difference(reader, id("shop", "web"), 1, 777).error().code, ErrorCode::kNotFound);
}

TEST_F(FleetTest, CountsWhatOfAVersionLiesInTheStatus) {
  const auto changed = [&](Json places, int64_t second) {
    write(fact_kind::kResourceChanged, id("shop", "web"),
          Json::object({{"kind", "k8s_service"}, {"changed", std::move(places)}}), second);
  };
  changed(Json::object({{"status", Json::array({nullptr, Json::object({{"ready", 1}})})}}), 20);
  changed(Json::object({{"status.ready", Json::array({1, 2})}, {"spec.replicas", Json::array({1, 5})}}), 30);
  const Json history = must(resource_answer(must(catalog().reader()), id("shop", "web"), std::nullopt))["history"];
  EXPECT_EQ(history.items()[0]["places"], Json(2));
  EXPECT_EQ(history.items()[0]["status_places"], Json(1));
  EXPECT_EQ(history.items()[1]["places"], history.items()[1]["status_places"]);
}

TEST_F(FleetTest, GivesViolationsTheirOwnersAndCountsThem) {
  find("Lonely", Severity::kHigh, id("shop", "web"));
  find("Lonely", Severity::kHigh, id("shop", "db"));
  find("Unready", Severity::kLow, id("bank", "web"));
  find("HostDown", Severity::kHigh, "host/a");  // No rule about configuration.
  const Json all = checks();
  EXPECT_THAT(texts(all, "findings", "owner"), ElementsAre("data", "web", "web"));
  EXPECT_EQ(all["counts"]["severity"].dump(), R"([{"count":2,"value":"high"},{"count":1,"value":"low"}])");
  const Json shop = checks({.space = "shop"});
  EXPECT_EQ(shop["total"], Json(2));
  EXPECT_EQ(shop["counts"]["namespace"].items().size(), 2u) << "what else could be chosen stays in sight";
  EXPECT_EQ(shop["counts"]["rule"].dump(), R"([{"count":2,"value":"Lonely"}])");
  EXPECT_THAT(texts(checks({.search = "UNREADY"}), "findings", "rule"), ElementsAre("Unready"));
  EXPECT_EQ(all["findings"].items()[0]["definition"]["line"], Json(7));
  EXPECT_THAT(texts(checks({.owner = "data"}), "findings", "resource"), ElementsAre(id("shop", "db")));
}

TEST_F(FleetTest, TakesTheOwnerOfTheNamespaceWhereAResourceNamesNone) {
  appear("k8s_service", "shop", "plain", {}, 1);
  appear("k8s_service", "bank", "plain", {}, 1);
  find("Lonely", Severity::kHigh, id("shop", "plain"));
  find("Lonely", Severity::kHigh, id("bank", "plain"));
  EXPECT_THAT(texts(checks(), "findings", "owner"), ElementsAre("", "sales"));
  EXPECT_THAT(texts(checks({.owner = "-"}), "findings", "resource"), ElementsAre(id("bank", "plain")));
}

TEST_F(FleetTest, ShowsMutedViolationsApart) {
  find("Lonely", Severity::kHigh, id("shop", "web"));
  find("Lonely", Severity::kHigh, id("bank", "web"));
  Mute mute;
  mute.id = "mute-1";
  mute.rule = "Lonely";
  mute.space = "shop";
  mute.reason = "moving";
  mute.until = at_second(1'000);
  write({must(mute_fact(mute, at_second(50)))});
  EXPECT_THAT(texts(checks(), "findings", "resource"), ElementsAre(id("bank", "web")));
  EXPECT_EQ(checks()["muted"], Json(1));
  const Json muted = checks({.muted = "only"});
  ASSERT_EQ(muted["findings"].items().size(), 1u);
  EXPECT_EQ(muted["findings"].items()[0]["muted"]["reason"], Json("moving"));
  EXPECT_EQ(checks({.muted = "all"})["total"], Json(2));
}

class MapTest : public FleetTest {
 protected:
  void SetUp() override {
    FleetTest::SetUp();
    relate(id("shop", "web"), id("shop", "db"));
    relate(id("bank", "web"), id("shop", "web"));
    relate(id("bank", "web"), id("bank", "nowhere"));
  }
  void relate(const std::string& source, const std::string& target) {
    write(fact_kind::kRelationAppeared, source, Json::object({{"kind", "uses"}, {"target", target}, {"scope", "x"}}),
          second_++);
  }
  Json map(const MapQuery& query) {
    const catalog::CatalogReader reader = must(catalog().reader());
    return must(fleet_map(reader, must(MuteList::read(reader, at_second(100))), query));
  }
  static std::vector<std::string> nodes(const Json& answer) {
    std::vector<std::string> ids;
    for (const Json& node : answer["nodes"].items()) ids.push_back(node.items()[0].string_or_empty());
    return ids;
  }
};

TEST_F(MapTest, ShowsEverythingAndWhatIsMissing) {
  const Json all = map({});
  EXPECT_EQ(all["total_nodes"], Json(6));
  EXPECT_EQ(all["edges"].items().size(), 3u);
  EXPECT_EQ(all["nodes"].items().back().dump(), R"(["k8s_service/prod/bank/nowhere",1,0,-1,1])");
}

TEST_F(MapTest, OfANamespaceHasItsNeighboursAndNotTheirs) {
  EXPECT_THAT(nodes(map({.space = "shop"})),
              ElementsAre("k8s_namespace/prod/shop", id("shop", "db"), id("shop", "web"), id("bank", "web")));
}

TEST_F(MapTest, TellsWhatItLeavesOut) {
  const Json some = map({.nodes = 2, .edges = 1});
  EXPECT_EQ(some["nodes"].items().size(), 2u);
  EXPECT_EQ(some["total_nodes"], Json(6));
  EXPECT_EQ(some["total_edges"], Json(3));
  EXPECT_EQ(some["limit_nodes"], Json(2));
}

TEST_F(FleetTest, TheGraphOfEverythingHasWhatIsAThingOfItsOwn) {
  const catalog::CatalogReader reader = must(catalog().reader());
  const Json graph = must(graph_answer(reader, reader.kinds(), "", 2));
  EXPECT_EQ(graph["nodes"].items().size(), 5u);
}

}  // namespace
}  // namespace capstan::loop
