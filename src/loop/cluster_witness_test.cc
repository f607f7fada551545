#include "loop/cluster_witness.h"

#include <gtest/gtest.h>

namespace capstan::loop {
namespace {

TEST(ClusterWitness, MasksWhatLooksLikeAPassword) {
  EXPECT_EQ(without_secrets("connecting to postgres://shop:geheim@db/shop"),
            "connecting to postgres://shop:***@db/shop");
  EXPECT_EQ(without_secrets("using DB_PASSWORD=geheim now"), "using DB_PASSWORD=*** now");
  EXPECT_EQ(without_secrets("password: geheim  again"), "password: ***  again");
  EXPECT_EQ(without_secrets("no  secret here"), "no  secret here");
  EXPECT_LE(without_secrets(std::string(5'000, 'x')).size(), 600U);
}

TEST(ClusterWitness, ReadsEventsOfBothForms) {
  const Json old = Json::parse(R"({"reason": "BackOff", "message": "Back-off", "count": 7,
    "lastTimestamp": "2026-01-08T09:00:00Z", "metadata": {"creationTimestamp": "2026-01-08T08:00:00Z"}})")
                       .value();
  EXPECT_EQ(read_event(old).count, 7);
  EXPECT_EQ(format_time(read_event(old).last), "2026-01-08T09:00:00.000Z");
  const Json recent =
      Json::parse(R"({"reason": "FailedScheduling", "message": "m", "eventTime": "2026-01-08T08:30:00.123456Z",
    "lastTimestamp": null, "series": {"count": 3, "lastObservedTime": "2026-01-08T08:40:00.000000Z"}})")
          .value();
  EXPECT_EQ(read_event(recent).count, 3);
  EXPECT_EQ(format_time(read_event(recent).last), "2026-01-08T08:40:00.000Z");
  EXPECT_EQ(read_event(Json()).count, 1);
}

}  // namespace
}  // namespace capstan::loop
