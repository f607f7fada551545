#include "foresee/replica_count.h"

#include <gtest/gtest.h>

namespace capstan::foresee {
namespace {

constexpr Time kNow = Time(std::chrono::hours(24 * 365 * 56));

Json json(std::string_view text) { return Json::parse(text).value(); }

TEST(ReplicaCount, FollowsTheRatio) {
  EXPECT_EQ(replicas_by_ratio(2.0, {.current = 3, .measured = 3}, {}), 6);
  EXPECT_EQ(replicas_by_ratio(0.5, {.current = 3, .measured = 3}, {}), 2);
  EXPECT_EQ(replicas_by_ratio(1.4, {.current = 10, .measured = 10}, {}), 14);
}

TEST(ReplicaCount, StaysWithinTheTolerance) {
  EXPECT_EQ(replicas_by_ratio(1.1, {.current = 10, .measured = 10}, {}), 10);
  EXPECT_EQ(replicas_by_ratio(1.11, {.current = 10, .measured = 10}, {}), 12);
  EXPECT_EQ(replicas_by_ratio(0.9, {.current = 10, .measured = 10}, {}), 10);
  const Tolerance fine = read_tolerance(json(R"({"scaleUp": {"tolerance": "0.05"}})"));
  EXPECT_EQ(replicas_by_ratio(1.1, {.current = 10, .measured = 10}, fine), 11);
  EXPECT_EQ(fine.down, 0.1);
}

TEST(ReplicaCount, CountsPodsThatStartAsIdleWhenItGoesUp) {
  // 4 pods at twice the target, 4 not ready: as if all 8 were just right.
  EXPECT_EQ(replicas_by_ratio(2.0, {.current = 8, .measured = 4, .unready = 4}, {}), 8);
  EXPECT_EQ(replicas_by_ratio(3.0, {.current = 8, .measured = 4, .unready = 4}, {}), 12);
  // They do not count at all when it goes down.
  EXPECT_EQ(replicas_by_ratio(0.5, {.current = 8, .measured = 4, .unready = 4}, {}), 2);
}

TEST(ReplicaCount, AssumesOfPodsWithoutAValueWhatSpeaksAgainstTheChange) {
  EXPECT_EQ(replicas_by_ratio(0.5, {.current = 4, .measured = 2, .missing = 2}, {}), 3);
  EXPECT_EQ(replicas_by_ratio(2.0, {.current = 4, .measured = 2, .missing = 2}, {}), 4);
  // What they are assumed to bear must not turn the direction.
  EXPECT_EQ(replicas_by_ratio(1.5, {.current = 4, .measured = 2, .missing = 2}, {}), 4);
}

TEST(ReplicaCount, DividesATotalByWhatEachIsToBear) {
  EXPECT_EQ(replicas_by_total(700, 100, 5, {}), 7);
  EXPECT_EQ(replicas_by_total(510, 100, 5, {}), 5);
  EXPECT_EQ(replicas_by_total(30, 10, 0, {}), 3);
}

TEST(ReplicaCount, GoesAsFarAsThePoliciesLetIt) {
  EXPECT_EQ(bounds_by_policies({}, 2, {}, kNow).most, 6);    // Four more,
  EXPECT_EQ(bounds_by_policies({}, 10, {}, kNow).most, 20);  // or twice as many.
  EXPECT_EQ(bounds_by_policies({}, 10, {}, kNow).least, 0);
  const Json slow = json(R"({"scaleDown": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]},
    "scaleUp": {"selectPolicy": "Min", "policies": [{"type": "Pods", "value": 2, "periodSeconds": 60},
                                                    {"type": "Percent", "value": 50, "periodSeconds": 60}]}})");
  EXPECT_EQ(bounds_by_policies(slow, 10, {}, kNow).least, 9);
  EXPECT_EQ(bounds_by_policies(slow, 10, {}, kNow).most, 12);
  const std::vector<ReplicaChange> just = {{.at = kNow - std::chrono::seconds(30), .from = 8, .to = 10}};
  EXPECT_EQ(bounds_by_policies(slow, 10, just, kNow).most, 10);
  const std::vector<ReplicaChange> before = {{.at = kNow - std::chrono::seconds(90), .from = 8, .to = 10}};
  EXPECT_EQ(bounds_by_policies(slow, 10, before, kNow).most, 12);
  EXPECT_EQ(bounds_by_policies(json(R"({"scaleDown": {"selectPolicy": "Disabled"}})"), 10, {}, kNow).least, 10);
}

TEST(ReplicaCount, HoldsALowerNumberBackForFiveMinutesUnlessToldOtherwise) {
  EXPECT_EQ(stabilization_window({}, false), std::chrono::seconds(300));
  EXPECT_EQ(stabilization_window({}, true), std::chrono::seconds(0));
  EXPECT_EQ(stabilization_window(json(R"({"scaleDown": {"stabilizationWindowSeconds": 5}})"), false),
            std::chrono::seconds(5));
}

}  // namespace
}  // namespace capstan::foresee
