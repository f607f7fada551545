#include "service/inventory.h"

#include <gtest/gtest.h>

#include "service/fake_service.h"

namespace capstan::service {
namespace {

KindSpec cluster() {
  return {.name = "cluster", .title = "", .help = "", .columns = {{.name = "owner"}, {.name = "nodes"}}};
}

Inventory read(std::string_view yaml) {
  const std::vector<KindSpec> kinds = {cluster()};
  const auto documents = parse_yaml(yaml, "pack.yaml");
  const Descriptions read =
      read_descriptions(*documents, kinds, [](std::string_view, const Json&) { return Status(); });
  for (const Error& problem : read.problems) ADD_FAILURE() << problem.to_string();
  return read.inventories.front();
}

Result<Listing> list(std::string_view body) {
  FakeOutside fake([&](const ServiceCall&) { return answer(200, body); });
  return list_inventory(read(R"(
inventory: cluster
service: shop
list: [ { get: /clusters, gather: { from: $.items } } ]
fields: { owner: "{{owner.name}}", nodes: "{{pools|count}}" }
)"),
                        cluster(), fake.outside, {});
}

TEST(ListInventory, MakesResourcesOfItems) {
  const auto listing = list(R"({"items": [{"id": "c-1", "name": "a", "owner": {"name": "kim"}, "pools": [1, 2]}]})");
  ASSERT_TRUE(listing.has_value()) << listing.error().message;
  ASSERT_EQ(listing->observation.resources.size(), 1u);
  EXPECT_EQ(listing->observation.resources[0].id, "cluster/c-1");
  EXPECT_EQ(listing->observation.resources[0].fields.dump(), R"({"nodes":2,"owner":"kim"})");
  EXPECT_EQ(listing->observation.complete_kinds, std::vector<std::string>{"cluster"});
  EXPECT_TRUE(listing->problems.empty());
}

TEST(ListInventory, WhatCannotBeReadIsNotGone) {
  // The second is there, whatever is wrong with it: the look is no proof that anything has gone.
  const auto listing = list(R"({"items": [{"id": "c-1", "name": "a", "owner": {"name": "kim"}, "pools": []},
                                          {"id": "c-2", "name": "b", "owner": null, "pools": []}]})");
  ASSERT_TRUE(listing.has_value());
  EXPECT_EQ(listing->observation.resources.size(), 1u);
  EXPECT_TRUE(listing->observation.complete_kinds.empty());
  ASSERT_EQ(listing->problems.size(), 1u);
  EXPECT_NE(listing->problems[0].message.find("owner.name"), std::string::npos);
}

TEST(ListInventory, AnItemThatComesTwiceTakesNothingAway) {
  const auto listing = list(R"({"items": [{"id": "c-1", "name": "a", "owner": {"name": "kim"}, "pools": []},
                                          {"id": "c-1", "name": "a", "owner": {"name": "kim"}, "pools": []}]})");
  ASSERT_TRUE(listing.has_value());
  EXPECT_EQ(listing->observation.resources.size(), 1u);
  EXPECT_TRUE(listing->observation.complete_kinds.empty());
}

TEST(ListInventory, NonsenseInPlaceOfAListIsAnError) {
  for (const char* body : {"{}", "null", R"({"items": "none"})", R"({"items": [7]})"}) {
    const auto listing = list(body);
    const bool told = !listing || !listing->problems.empty();
    EXPECT_TRUE(told) << body;
    EXPECT_TRUE(!listing || listing->observation.complete_kinds.empty()) << body;
  }
}

TEST(ListInventory, ALoopOverAnEmptyListFindsNothingAndOverNoneFails) {
  const Inventory inventory = read(R"(
inventory: cluster
service: shop
list:
  - { get: /projects, take: { projects: $.items } }
  - for_each: { in: projects, as: project }
    do: [ { get: "/of/{{project.id}}", gather: { from: $.items } } ]
fields: { owner: x, nodes: 1 }
)");
  std::string body = R"({"items": []})";
  FakeOutside fake([&](const ServiceCall&) { return answer(200, body); });
  const auto none = list_inventory(inventory, cluster(), fake.outside, {});
  ASSERT_TRUE(none.has_value()) << none.error().message;
  EXPECT_EQ(none->observation.complete_kinds.size(), 1u);
  body = "{}";
  EXPECT_EQ(list_inventory(inventory, cluster(), fake.outside, {}).error().code, ErrorCode::kCorrupt);
}

TEST(ListInventory, AnEmptyListIsWhole) {
  const auto listing = list(R"({"items": []})");
  ASSERT_TRUE(listing.has_value());
  EXPECT_EQ(listing->observation.complete_kinds, std::vector<std::string>{"cluster"});
}

}  // namespace
}  // namespace capstan::service
