#include "catalog/picture.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "catalog/pack_kinds.h"
#include "catalog/picture_question.h"
#include "model/object_mapping.h"

namespace capstan::catalog {
namespace {

using testing::ElementsAre;

constexpr char kKinds[] = R"(
template: an_object
objects: { system: kubernetes, name: metadata.name, labels: metadata.labels, identity: [cluster, namespace, name] }
columns: { cluster: {}, namespace: { from: metadata.namespace } }
---
kind: pod
like: an_object
objects: { group: "", resource: pods, type: Pod }
places: { pod: spec }
columns: { node: { from: spec.nodeName } }
---
kind: service
like: an_object
objects: { group: "", resource: services, type: Service }
---
kind: deployment
like: an_object
objects: { group: apps, resource: deployments, type: Deployment }
places: { pod: spec.template.spec }
---
kind: config_map
like: an_object
objects: { group: "", resource: configmaps, type: ConfigMap }
---
kind: network_policy
like: an_object
objects: { group: net, resource: networkpolicies, type: NetworkPolicy }
---
kind: container
part_of: { pod: ["containers[*]"] }
columns: { name: { from: name } }
)";

constexpr char kRelations[] = R"(
relation: mounts
refers: { from: pod, path: ["volumes[*].configMap.name", "containers[*].configMap"], to: config_map }
---
relation: owns
refers: { path: "metadata.ownerReferences[*]", type: kind, group: apiVersion, name: name, reversed: true }
---
relation: selects
selects: { from: service, path: spec.selector, to: pod }
---
relation: protects
selects: { from: network_policy, path: spec.podSelector, to: pod, empty: everything }
---
relation: calls
refers: { from: deployment, path: spec.calls, to: service, as: host }
)";

struct World {
  World() {
    const LoadedKinds loaded = read_kinds(kKinds, "kinds.yaml");
    for (const Error& problem : loaded.problems) ADD_FAILURE() << problem.to_string();
    const LoadedRelations relations = read_relations(kRelations, "relations.yaml", "test");
    for (const Error& problem : relations.problems) ADD_FAILURE() << problem.to_string();
    mapping = std::make_unique<ObjectMapping>(loaded.kinds, "kubernetes");
    picture = Picture::create(loaded.kinds, relations.relations).value();
  }

  Resource object(std::string_view kind, std::string_view name, std::string_view labels, std::string_view spec,
                  std::string_view owners = "[]", std::string_view space = "shop") {
    const KindSpec& found = *std::ranges::find(picture->kinds(), kind, &KindSpec::name);
    const std::string text = fmt::format(
        R"({{"metadata": {{"name": "{}", "namespace": "{}", "labels": {}, "ownerReferences": {}}}, "spec": {}}})", name,
        space, labels, owners, spec);
    return ObjectMapping::to_resource(found, Json::parse(text).value(), Json::object({{"cluster", "prod"}})).value();
  }
  void put(const Resource& resource) {
    const Status done = picture->put(resource);
    ASSERT_TRUE(done.has_value()) << done.error().message;
  }
  std::vector<std::string> changes() {
    std::vector<std::string> said;
    for (const RelationChange& change : picture->take_changes().relations) {
      said.push_back(fmt::format("{}{} {} {}", change.is_new ? "+" : "-", change.relation.source, change.relation.kind,
                                 change.relation.target));
    }
    std::ranges::sort(said);
    return said;
  }
  std::string hash() { return picture->content_hash().value(); }

  std::unique_ptr<ObjectMapping> mapping;
  std::unique_ptr<Picture> picture;
};

TEST(Picture, DerivesWhatIsSelectedFromBothSides) {
  World world;
  world.put(world.object("service", "web", "{}", R"({"selector": {"app": "web"}})"));
  EXPECT_THAT(world.changes(), ElementsAre());
  world.put(world.object("pod", "web-1", R"({"app": "web", "tier": "a"})", "{}"));
  EXPECT_THAT(world.changes(), ElementsAre("+service/prod/shop/web selects pod/prod/shop/web-1"));
  world.put(world.object("pod", "web-1", R"({"app": "other"})", "{}"));
  EXPECT_THAT(world.changes(), ElementsAre("-service/prod/shop/web selects pod/prod/shop/web-1"));
  world.put(world.object("service", "web", "{}", R"({"selector": {"app": "other"}})"));
  EXPECT_THAT(world.changes(), ElementsAre("+service/prod/shop/web selects pod/prod/shop/web-1"));
  world.put(world.object("pod", "web-1", R"({"app": "other"})", "{}", "[]", "else"));
  EXPECT_THAT(world.changes(), ElementsAre());
  EXPECT_TRUE(world.picture->remove("pod/prod/shop/web-1").has_value());
  EXPECT_THAT(world.changes(), ElementsAre("-service/prod/shop/web selects pod/prod/shop/web-1"));
}

TEST(Picture, NotesTheTablesThatShowAChange) {
  World world;
  const auto changed = [&](const Resource& resource) {
    world.put(resource);
    return world.picture->take_changes().tables;
  };
  EXPECT_THAT(changed(world.object("pod", "a", "{}", R"({"nodeName": "n", "other": 1})")),
              ElementsAre("container", "label", "objects of pod", "pod", "resource"));
  EXPECT_THAT(changed(world.object("pod", "a", "{}", R"({"nodeName": "n", "other": 2})")),
              ElementsAre("objects of pod"));
  EXPECT_THAT(changed(world.object("pod", "a", "{}", R"({"nodeName": "m", "other": 2})")),
              ElementsAre("objects of pod", "pod", "resource"));
  EXPECT_THAT(changed(world.object("pod", "a", "{}", R"({"nodeName": "m", "containers": [{"name": "c"}]})")),
              ElementsAre("container", "objects of pod"));
  EXPECT_THAT(changed(world.object("pod", "a", R"({"x": "y"})", R"({"nodeName": "m", "containers": [{"name": "c"}]})")),
              ElementsAre("label", "objects of pod"));
  EXPECT_EQ(world.picture->find("pod/prod/shop/a")->labels.size(), 1u);
  EXPECT_TRUE(world.picture->remove("pod/prod/shop/a").has_value());
  EXPECT_THAT(world.picture->take_changes().tables,
              ElementsAre("container", "label", "objects of pod", "pod", "resource"));
}

TEST(Picture, AnEmptySelectorSelectsWhatItsDeclarationSays) {
  World world;
  world.put(world.object("pod", "a", "{}", "{}"));
  world.put(world.object("service", "none", "{}", R"({"selector": {}})"));
  world.put(world.object("service", "headless", "{}", "{}"));
  world.put(world.object("network_policy", "all", "{}", R"({"podSelector": {}})"));
  EXPECT_THAT(world.changes(), ElementsAre("+network_policy/prod/shop/all protects pod/prod/shop/a"));
}

TEST(Picture, FollowsNamesWhetherWhatTheyNameExistsOrNot) {
  World world;
  world.put(
      world.object("deployment", "web", "{}",
                   R"({"template": {"spec": {"volumes": [{"configMap": {"name": "settings"}}]}}, "calls": "db"})"));
  world.put(world.object("pod", "web-1", "{}", R"({"containers": [{"name": "c", "configMap": "settings"}]})",
                         R"([{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}])"));
  EXPECT_THAT(world.changes(), ElementsAre("+deployment/prod/shop/web calls service/prod/shop/db",
                                           "+deployment/prod/shop/web mounts config_map/prod/shop/settings",
                                           "+deployment/prod/shop/web owns pod/prod/shop/web-1",
                                           "+pod/prod/shop/web-1 mounts config_map/prod/shop/settings"));
  world.put(world.object("deployment", "web", "{}", R"({"calls": "db.data.svc.cluster.local"})"));
  EXPECT_THAT(world.changes(), ElementsAre("+deployment/prod/shop/web calls service/prod/data/db",
                                           "-deployment/prod/shop/web calls service/prod/shop/db",
                                           "-deployment/prod/shop/web mounts config_map/prod/shop/settings"));
  world.put(world.object("deployment", "web", "{}", R"({"calls": "www.example.org"})"));
  EXPECT_THAT(world.changes(), ElementsAre("-deployment/prod/shop/web calls service/prod/data/db"));
}

TEST(Picture, AnswersQuestionsAndNothingElse) {
  World world;
  world.put(world.object("pod", "a", "{}", "{}"));
  const auto ask = [&](std::string_view sql) -> std::string {
    Result<PictureQuestion> question = PictureQuestion::prepare(*world.picture, sql);
    if (!question) return question.error().message;
    const Result<Table> table = question->ask(10);
    return table ? to_text(table->rows.at(0).at(0)) : table.error().message;
  };
  EXPECT_EQ(ask("SELECT id FROM pod"), "pod/prod/shop/a");
  EXPECT_EQ(ask("SELECT group_concat(value) FROM json_each('[1,2]')"), "1,2");
  EXPECT_EQ(ask("DELETE FROM pod"), "a rule only asks; it changes nothing");
  EXPECT_EQ(ask("SELECT random()"), "the function random is not allowed in a rule");
  EXPECT_THAT(ask("SELECT nme FROM pod"), testing::HasSubstr("no such column"));
  EXPECT_EQ(ask("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"),
            "stopped after 100 million steps: it is too slow or endless");
  EXPECT_EQ(ask("SELECT 1 FROM json_each('[1,1,1,1,1,1,1,1,1,1,1]')"), "more than 10 rows");
}

// Many random steps give the same as putting the outcome at once, and trials between them leave no trace.
TEST(Picture, IsTheSameWhateverWayItCameAbout) {
  std::mt19937 random(11);
  const auto pick = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  const auto labels = [&] {
    std::string text = "{";
    for (int i = 0; i < 3; ++i) {
      if (pick(2) == 0) text += fmt::format("{}\"l{}\": \"{}\"", text.size() > 1 ? ", " : "", i, pick(3));
    }
    return text + "}";
  };
  World world;
  std::map<ResourceId, Resource> wanted;
  const auto any_object = [&]() -> Resource {
    const std::string name = fmt::format("n{}", pick(6));
    const std::string space = pick(4) == 0 ? "else" : "shop";
    switch (pick(4)) {
      case 0: return world.object("pod", name, labels(), fmt::format(R"({{"nodeName": "{}"}})", pick(3)), "[]", space);
      case 1: return world.object("service", name, "{}", fmt::format(R"({{"selector": {}}})", labels()), "[]", space);
      case 2:
        return world.object(
            "network_policy", name, "{}",
            fmt::format(
                R"({{"podSelector": {{"matchLabels": {}, "matchExpressions": [{{"key": "l{}", "operator": "{}"}}]}}}})",
                labels(), pick(3), pick(2) == 0 ? "Exists" : "DoesNotExist"),
            "[]", space);
      default:
        return world.object("deployment", name, labels(), fmt::format(R"({{"calls": "n{}"}})", pick(6)),
                            fmt::format(R"([{{"apiVersion": "v1", "kind": "Pod", "name": "n{}"}}])", pick(6)), space);
    }
  };
  const auto step = [&](std::map<ResourceId, Resource>* record) {
    if (pick(4) == 0) {
      const Resource resource = any_object();
      ASSERT_TRUE(world.picture->remove(resource.id).has_value());
      if (record != nullptr) record->erase(resource.id);
    } else {
      const Resource resource = any_object();
      world.put(resource);
      if (record != nullptr) record->insert_or_assign(resource.id, resource);
    }
  };
  for (int round = 0; round < 60; ++round) {
    for (int i = 0; i < 10; ++i) step(&wanted);
    const std::string before = world.hash();
    ASSERT_TRUE(world.picture->begin_trial().has_value());
    for (int i = 0; i < 10; ++i) step(nullptr);
    ASSERT_TRUE(world.picture->end_trial().has_value());
    ASSERT_EQ(world.hash(), before);
    World fresh;
    for (const auto& [id, resource] : wanted) fresh.put(resource);
    ASSERT_EQ(fresh.hash(), before) << "round " << round;
  }
}

}  // namespace
}  // namespace capstan::catalog
