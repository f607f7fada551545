#include "catalog/pack_kinds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace capstan::catalog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string first_problem(std::string_view text) {
  const LoadedKinds loaded = read_kinds(text, "kinds.yaml");
  return loaded.problems.empty() ? "" : loaded.problems.front().to_string();
}

TEST(PackKinds, ReadsKindsWithTheirColumns) {
  const LoadedKinds loaded = read_kinds(R"(
kind: host_disk
title: Disk
columns:
  size_bytes: { type: integer, help: its size }
  used_bytes: { type: integer, volatile: true }
  model:
---
kind: host
)",
                                        "kinds.yaml");
  ASSERT_TRUE(loaded.problems.empty()) << loaded.problems.front().to_string();
  ASSERT_EQ(loaded.kinds.size(), 2u);
  EXPECT_EQ(loaded.kinds[0].name, "host");
  const KindSpec& disk = loaded.kinds[1];
  EXPECT_EQ(disk.title, "Disk");
  ASSERT_EQ(disk.columns.size(), 3u);
  EXPECT_EQ(disk.columns[0].help, "its size");
  EXPECT_TRUE(disk.columns[1].is_volatile);
  EXPECT_EQ(disk.columns[2].type, ColumnType::kText);
}

TEST(PackKinds, SaysWhereAndWhatIsWrong) {
  EXPECT_THAT(first_problem("kind: host\ncolumns:\n  a: { type: integr }"),
              testing::AllOf(HasSubstr("kinds.yaml:3:"), HasSubstr("unknown type 'integr' (did you mean 'integer'?)")));
  EXPECT_THAT(first_problem("kind: host\ncolums: {}"), HasSubstr("did you mean 'columns'?"));
  EXPECT_THAT(first_problem("kind: select"), HasSubstr("is a word of SQL"));
  EXPECT_THAT(first_problem("kind: resource"), HasSubstr("would hide a table of the catalog"));
  EXPECT_THAT(first_problem("kind: Host"), HasSubstr("must be lower-case letters"));
  EXPECT_THAT(first_problem("kind: host\ncolumns: { id: { type: integer } }"),
              HasSubstr("every kind has the column 'id'"));
  EXPECT_EQ(first_problem("kind: host\ncolumns: { name: { type: text, help: Its name. } }"), "");
  EXPECT_THAT(first_problem("kind: host\ncolumns:\n  order: { type: integer }"), HasSubstr("kinds.yaml:3:3:"));
  EXPECT_THAT(first_problem("kind: host\ncolumns: [a]"), HasSubstr("'columns' is a list; expected a map"));
  EXPECT_THAT(first_problem("- a"), HasSubstr("a list; expected a map that begins with 'kind:'"));
  EXPECT_THAT(first_problem("kind: a\n---\nkind: a"),
              HasSubstr("kinds.yaml:3:1: the kind 'a' is declared already in kinds.yaml, line 1"));
}

constexpr char kObjects[] = R"(
template: an_object
objects: { system: kubernetes, name: metadata.name, labels: metadata.labels, identity: [cluster, namespace, name] }
columns:
  cluster: { help: where it is }
  namespace: { from: metadata.namespace }
---
kind: k8s_deployment
like: an_object
objects: { group: apps, resource: deployments, type: Deployment, drop: [metadata.managedFields] }
places: { pod: spec.template.spec }
columns:
  replicas: { type: integer, from: spec.replicas }
---
kind: k8s_container
part_of: { pod: ["containers[*]"] }
columns:
  name: { from: name }
  memory: { type: real, from: resources.requests.memory, measure: quantity }
)";

TEST(PackKinds, ReadsObjectsByTemplateAndTheirParts) {
  const LoadedKinds loaded = read_kinds(kObjects, "kinds.yaml");
  ASSERT_TRUE(loaded.problems.empty()) << loaded.problems.front().to_string();
  ASSERT_EQ(loaded.kinds.size(), 2u);
  const KindSpec& container = loaded.kinds[0];
  ASSERT_EQ(container.part_of.size(), 1u);
  EXPECT_EQ(container.part_of[0].sources[0].text(), "spec.template.spec.containers[*]");
  EXPECT_EQ(container.columns[1].measure, Measure::kQuantity);
  const KindSpec& deployment = loaded.kinds[1];
  ASSERT_TRUE(deployment.objects.has_value());
  EXPECT_EQ(deployment.objects->system, "kubernetes");
  EXPECT_EQ(deployment.objects->type, "Deployment");
  EXPECT_EQ(deployment.objects->drop.size(), 1u);
  EXPECT_THAT(deployment.objects->identity, ElementsAre("cluster", "namespace", "name"));
  EXPECT_EQ(deployment.columns.size(), 3u);
}

TEST(PackKinds, SaysWhatIsWrongWithObjects) {
  EXPECT_THAT(first_problem("kind: a\nlike: b"), HasSubstr("kinds.yaml:2:7: no template 'b'"));
  EXPECT_THAT(first_problem("kind: a\ncolumns: { x: { from: 'a[' } }"), HasSubstr("expected an index"));
  EXPECT_THAT(first_problem("kind: a\ncolumns: { x: { from: a.b } }"), HasSubstr("neither 'objects' nor 'part_of'"));
  EXPECT_THAT(first_problem("kind: a\nobjects: { system: x }"), HasSubstr("need 'system', 'resource', 'type'"));
  EXPECT_THAT(first_problem("kind: a\nobjects: {system: s, resource: r, type: t, name: n, identity: [z]}"),
              HasSubstr("names 'z', which is no column"));
  EXPECT_THAT(first_problem("kind: a\npart_of: [b]"), HasSubstr("expected a map of kinds to paths"));
}

TEST(PackKinds, KeepsTheGoodKindsOfAFileWithABadOne) {
  const LoadedKinds loaded = read_kinds("kind: good\n---\nkind: BAD\n---\nkind: fine", "kinds.yaml");
  EXPECT_EQ(loaded.problems.size(), 1u);
  std::vector<std::string> names;
  for (const KindSpec& kind : loaded.kinds) names.push_back(kind.name);
  EXPECT_THAT(names, ElementsAre("fine", "good"));
}

TEST(PackKinds, EveryShippedPackIsRight) {
  const std::filesystem::path packs = std::filesystem::path(CAPSTAN_SOURCE_DIR) / "packs";
  const LoadedKinds loaded = load_kinds(std::span(&packs, 1));
  for (const Error& problem : loaded.problems) ADD_FAILURE() << problem.to_string();
}

}  // namespace
}  // namespace capstan::catalog
