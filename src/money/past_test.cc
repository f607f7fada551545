#include "money/past.h"

#include <gtest/gtest.h>

namespace capstan::money {
namespace {

Time minute(int64_t minutes) { return from_unix_ms(1'767'225'600'000 + minutes * 60'000); }

class PastTest : public testing::Test {
 protected:
  void write(std::string_view kind, std::string subject, Json body, int64_t at) {
    past_.apply({.seq = ++seq_,
                 .at = minute(at),
                 .kind = std::string(kind),
                 .subject = std::move(subject),
                 .body = std::move(body)});
  }
  void take(const std::vector<NewFact>& facts) {
    for (const NewFact& fact : facts)
      past_.apply({.seq = ++seq_, .at = fact.at, .kind = fact.kind, .subject = fact.subject, .body = fact.body});
  }
  Duration seen(std::string_view scope, int64_t now) const {
    Duration time{0};
    for (const Interval& each : past_.observed("vm", scope, minute(now)).intervals()) time += each.end - each.begin;
    return time;
  }
  Past past_;
  Seq seq_ = 0;
};

TEST_F(PastTest, NothingIsObservedFromTheLastFactBeforeACrashToTheFirstLookAfterIt) {
  write(fact_kind::kStarted, "capstan", Json::object(), 0);
  write(fact_kind::kSourceSeen, "service:mcm/mcm_cluster", Json::object(), 1);
  write(fact_kind::kMessageSent, "m", Json::object(), 10);
  write(fact_kind::kStarted, "capstan", Json::object(), 30);
  write(fact_kind::kSourceSeen, "service:mcm/mcm_cluster", Json::object(), 32);
  EXPECT_EQ(seen("service:mcm/mcm_cluster", 40), std::chrono::minutes(9 + 8));
  EXPECT_EQ(seen("", 40), std::chrono::minutes(10 + 10));  // Not known who saw it: while Capstan ran.
}

TEST_F(PastTest, AServiceThatCannotBeAskedWasObservedUntilItsLastGoodLook) {
  write(fact_kind::kStarted, "capstan", Json::object(), 0);
  write(fact_kind::kSourceSeen, "s", Json::object(), 0);
  write(fact_kind::kSourceLost, "s", Json::object({{"last", format_time(minute(5))}}), 7);
  EXPECT_FALSE(past_.is_seen("s"));
  write(fact_kind::kSourceSeen, "s", Json::object(), 9);
  EXPECT_TRUE(past_.is_seen("s"));
  EXPECT_EQ(seen("s", 10), std::chrono::minutes(6));
  write(fact_kind::kStopped, "capstan", Json::object(), 12);
  EXPECT_EQ(seen("s", 60), std::chrono::minutes(8));
}

TEST_F(PastTest, WhatAPolicyIsAboutIsWrittenDownOnceAndWhenItChanges) {
  take(past_.cover("p", {{"vm/a", ""}, {"vm/b", "daily 09:00-18:00 UTC"}}, minute(0)));
  EXPECT_TRUE(past_.cover("p", {{"vm/a", ""}, {"vm/b", "daily 09:00-18:00 UTC"}}, minute(1)).empty());
  const auto facts = past_.cover("p", {{"vm/b", "daily 09:00-20:00 UTC"}}, minute(2));
  ASSERT_EQ(facts.size(), 1u);
  take(facts);
  const Past::OfPolicy& about = past_.coverage().at("p");
  EXPECT_EQ(about.at("vm/a").front().when.end, minute(2));
  ASSERT_EQ(about.at("vm/b").size(), 2u);
  EXPECT_EQ(about.at("vm/b")[0].when.end, minute(2));
  EXPECT_EQ(about.at("vm/b")[1].hours, "daily 09:00-20:00 UTC");
}

TEST_F(PastTest, ThousandsOfResourcesFitIntoFacts) {
  std::map<ResourceId, std::string> many;
  for (int i = 0; i < 2'500; ++i) many["modeler_item/" + std::to_string(i)] = "Mon-Fri 09:00-18:00 Asia/Seoul";
  const auto facts = past_.cover("p", many, minute(0));
  EXPECT_EQ(facts.size(), 3u);
  for (const NewFact& fact : facts) EXPECT_LT(fact.body.dump().size(), 200'000u);
  take(facts);
  EXPECT_TRUE(past_.cover("p", many, minute(1)).empty());
}

TEST_F(PastTest, AnOverrideThatAPersonEndedLastedUntilThen) {
  const Json kept = Json::object({{"resource", "vm/a"},
                                  {"state", "running"},
                                  {"from", format_time(minute(0))},
                                  {"until", format_time(minute(100))},
                                  {"by", "user:bob"}});
  write(fact_kind::kOverrideSet, "override-1", kept, 0);
  write(fact_kind::kOverrideEnded, "override-1", Json::object(), 30);
  ASSERT_EQ(past_.overrides().size(), 1u);
  EXPECT_EQ(past_.overrides().front().until, minute(30));
}

}  // namespace
}  // namespace capstan::money
