#include "explain/explained.h"

#include <gtest/gtest.h>

#include "explain/causes.h"
#include "explain/explainer.h"
#include "explain/fake_world.h"

namespace capstan::explain {
namespace {

// A log that a process of a server writes, and a setting of that server which is wrong.
class Explained : public testing::Test {
 protected:
  Explained() {
    server = world.add("shop_server", "shop").id;
    process = world.add("host_process", "shopd").id;
    log = world.add("host_log_file", "shop.log").id;
    world.relations = {{server, "runs_as", process, Origin::kDeclared}, {process, "writes_to", log, Origin::kDeclared}};
    wrong = {.id = "w", .rule = "PortWrong", .resource = server, .says = "port 9 (a.conf:3)", .since = world.at};
    wrong.remedy = "write 8";
    wrong.explains = {"%connection to % refused%"};
    errors = {.id = "e", .rule = "Errors", .resource = log, .says = "40 errors a minute", .since = world.at};
    errors.evidence.push_back({.kind = Evidence::Kind::kLines, .lines = {"12x Connection to db:9 refused, giving up"}});
  }

  FakeWorld world;
  std::string server, process, log;
  Finding wrong, errors;
};

TEST_F(Explained, TheFindingWhoseTracesAreInTheLogIsTheFirstCause) {
  const std::vector<Cause> causes = rank_causes(errors, world, std::vector{wrong, errors});
  ASSERT_FALSE(causes.empty());
  EXPECT_EQ(causes[0].finding, "w");
  EXPECT_EQ(causes[0].resource, server);
  EXPECT_EQ(causes[0].says, "port 9 (a.conf:3)");
  ASSERT_EQ(causes[0].evidence.size(), 2u);
  EXPECT_EQ(causes[0].evidence[1].lines[0], "write 8");
}

TEST_F(Explained, LinesThatSayOtherThingsAreNotExplained) {
  errors.evidence[0].lines = {"disk full"};
  EXPECT_FALSE(cause_by_finding(errors, std::vector{wrong, errors}, world));
}

TEST_F(Explained, WhatDoesNotHangTogetherIsNotExplained) {
  world.relations.pop_back();
  EXPECT_FALSE(cause_by_finding(errors, std::vector{wrong, errors}, world));
  world.relations.push_back({process, "runs_on", log, Origin::kDeclared});
  EXPECT_FALSE(cause_by_finding(errors, std::vector{wrong, errors}, world));
}

TEST_F(Explained, BothAreOneIncidentWhoeverCameFirst) {
  for (const std::vector<Finding>& order : {std::vector{wrong, errors}, std::vector{errors, wrong}}) {
    Explainer explainer({});
    (void)explainer.update({order[0]}, {}, world);
    (void)explainer.update(order, {}, world);
    ASSERT_EQ(explainer.open().size(), 1u) << order[0].id;
    EXPECT_EQ(explainer.open().begin()->second.causes.at(0).finding, "w") << order[0].id;
  }
}

TEST_F(Explained, WhatNoLongerHoldsGivesWayToWhatExplainsTheErrorsNow) {
  Explainer explainer({});
  (void)explainer.update({wrong, errors}, {}, world);
  Finding full{.id = "f", .rule = "DiskFull", .resource = server, .says = "no room (a.conf:1)", .since = world.at};
  full.explains = {"%no space left%"};
  errors.evidence[0].lines = {"9x write failed: No space left on device"};
  world.at += std::chrono::seconds(5);
  (void)explainer.update({errors, full}, {}, world);
  world.at += std::chrono::seconds(5);
  (void)explainer.update({errors, full}, {}, world);
  ASSERT_EQ(explainer.open().size(), 1u);
  EXPECT_EQ(explainer.open().begin()->second.causes.at(0).finding, "f");
}

TEST_F(Explained, WhileTheErrorsFadeTheCauseStaysWhoItWas) {
  Explainer explainer({});
  (void)explainer.update({wrong, errors}, {}, world);
  world.at += std::chrono::seconds(5);
  (void)explainer.update({errors}, {}, world);
  ASSERT_EQ(explainer.open().size(), 1u);
  EXPECT_EQ(explainer.open().begin()->second.causes.at(0).finding, "w");
}

}  // namespace
}  // namespace capstan::explain
