#include <gtest/gtest.h>

#include "base/file.h"
#include "decide/freeze_reader.h"

namespace capstan::decide {
namespace {

Time at(std::string_view text) { return parse_time(text).value(); }

ReadFreezes read(std::string_view yaml, const Vocabulary& vocabulary = {}) {
  return read_freezes(parse_yaml(yaml, "freezes.yaml").value(), vocabulary);
}

Freeze one(std::string_view yaml, const Vocabulary& vocabulary = {}) {
  ReadFreezes found = read(yaml, vocabulary);
  EXPECT_TRUE(found.problems.empty()) << found.problems.front().to_string();
  EXPECT_EQ(found.freezes.size(), 1u);
  return found.freezes.empty() ? Freeze() : std::move(found.freezes.front());
}

std::string mistake(std::string_view yaml, const Vocabulary& vocabulary = {}) {
  const ReadFreezes found = read(yaml, vocabulary);
  return found.problems.empty() ? "none" : found.problems.front().to_string();
}

TEST(Freeze, LastsFromItsFirstMinuteUntilItsLastInItsZone) {
  const Freeze freeze = one("freeze: year-end\nduring: 2026-12-24 18:00 to 2027-01-02 09:00 Asia/Seoul\n");
  EXPECT_FALSE(freeze.at_time(at("2026-12-24T17:59:59+09:00")));
  ASSERT_TRUE(freeze.at_time(at("2026-12-24T18:00:00+09:00")));
  EXPECT_EQ(freeze.at_time(at("2026-12-30T00:00:00+09:00"))->end, at("2027-01-02T09:00:00+09:00"));
  EXPECT_FALSE(freeze.at_time(at("2027-01-02T09:00:00+09:00")));
  EXPECT_EQ(freeze.clock_text(at("2027-01-02T09:00:00+09:00")), "2027-01-02 09:00 Asia/Seoul");
  EXPECT_EQ(freeze.describe_times(), "2026-12-24 18:00 to 2027-01-02 09:00");
}

TEST(Freeze, OfDatesAloneLastsToTheEndOfTheLastDay) {
  const Freeze freeze = one("freeze: f\nduring: [2026-12-24 to 2026-12-26, 2026-12-31]\nzone: Asia/Seoul\n");
  EXPECT_TRUE(freeze.at_time(at("2026-12-26T23:59:59+09:00")));
  EXPECT_FALSE(freeze.at_time(at("2026-12-27T00:00:00+09:00")));
  EXPECT_TRUE(freeze.at_time(at("2026-12-31T12:00:00+09:00")));
}

TEST(Freeze, OfAWindowComesAgainEveryWeek) {
  const Freeze freeze = one("freeze: weekend\nduring: Fri 16:00-Mon 08:00\nzone: Europe/Berlin\n");
  EXPECT_FALSE(freeze.at_time(at("2026-01-09T15:59:00+01:00")));
  EXPECT_EQ(freeze.at_time(at("2026-01-10T12:00:00+01:00"))->end, at("2026-01-12T08:00:00+01:00"));
  EXPECT_EQ(freeze.intervals(at("2026-01-06T00:00:00Z"), at("2026-01-19T00:00:00Z")).size(), 2u);
}

TEST(Freeze, TellsTheEndOfTimesThatAdjoin) {
  // A weekend, the two days after it, and a day that does not adjoin.
  const Freeze freeze = one("freeze: f\nduring: ['Sat,Sun', 2026-01-12 to 2026-01-13, 2026-01-15]\nzone: UTC\n");
  EXPECT_EQ(freeze.at_time(at("2026-01-10T01:00:00Z"))->end, at("2026-01-14T00:00:00Z"));
  EXPECT_FALSE(freeze.at_time(at("2026-01-14T01:00:00Z")));
}

TEST(Freeze, TakesTheDaysOfACalendar) {
  Calendars calendars;
  calendars["kr"] = std::make_shared<const Calendar>(
      Calendar::parse("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260217\nSUMMARY:Seollal\n"
                      "END:VEVENT\nEND:VCALENDAR\n",
                      "kr.ics")
          .value());
  const Vocabulary vocabulary{.calendars = &calendars};
  const Freeze freeze = one("freeze: holidays\ncalendar: kr\nzone: Asia/Seoul\n", vocabulary);
  EXPECT_TRUE(freeze.at_time(at("2026-02-17T00:00:00+09:00")));
  EXPECT_FALSE(freeze.at_time(at("2026-02-18T00:00:00+09:00")));
  EXPECT_EQ(mistake("freeze: f\ncalendar: kt\nzone: UTC\n", vocabulary),
            "freezes.yaml:2:11: there is no file calendar/kt.ics (did you mean 'kr'?)");
}

TEST(Freeze, CoversWhatAllItsClausesNameAndNothingElse) {
  const Freeze freeze =
      one("freeze: f\nduring: daily\nzone: UTC\n"
          "only: { policies: [trial-*], kinds: [ec2], verbs: ['*.delete*', stop], labels: site=seoul, danger: "
          "disruptive }\n"
          "except: { policies: [trial-urgent] }\n");
  const ResourceLabels seoul = {{"site", "seoul"}};
  const HeldAction covered{.policy = "trial-offboard",
                           .verb = "aws.delete_instance",
                           .kind = "ec2",
                           .danger = Danger::kDestructive,
                           .labels = &seoul};
  EXPECT_TRUE(freeze.covers(covered));
  const auto covers_with = [&](auto change) {
    HeldAction other = covered;
    change(other);
    return freeze.covers(other);
  };
  EXPECT_TRUE(covers_with([](HeldAction& each) { each.verb = "aws.stop"; }));
  EXPECT_FALSE(covers_with([](HeldAction& each) { each.verb = "aws.start"; }));
  EXPECT_FALSE(covers_with([](HeldAction& each) { each.policy = "core-time"; }));
  EXPECT_FALSE(covers_with([](HeldAction& each) { each.policy = "trial-urgent"; }));
  EXPECT_FALSE(covers_with([](HeldAction& each) { each.policy = ""; })) << "an incident's plan is no policy's";
  EXPECT_FALSE(covers_with([](HeldAction& each) { each.kind = "ec2x"; }));
  EXPECT_FALSE(covers_with([](HeldAction& each) { each.danger = Danger::kSafe; }));
  EXPECT_FALSE(covers_with([](HeldAction& each) { each.labels = nullptr; }));
  EXPECT_EQ(freeze.describe_scope(),
            "policies trial-*; kinds ec2; verbs *.delete*, stop; labels site=seoul; at least disruptive");
}

TEST(Freeze, LetsOnlyThoseThroughWhomItNames) {
  const Freeze freeze =
      one("freeze: f\nduring: daily\nzone: UTC\nexcept: { people: [alice, local:root], roles: [admin] }\n");
  EXPECT_TRUE(freeze.lets_through("user:alice", "operator"));
  EXPECT_TRUE(freeze.lets_through("local:root", "operator"));
  EXPECT_TRUE(freeze.lets_through("user:bob", "admin"));
  EXPECT_FALSE(freeze.lets_through("user:bob", "operator"));
  EXPECT_FALSE(freeze.lets_through("token:alice", "operator")) << "a token is not the person of its name";
}

TEST(Freeze, RefusesWhatIsNotUnderstoodAtItsPlace) {
  EXPECT_EQ(mistake("freeze: f\n"),
            "freezes.yaml:1:9: a freeze needs 'during' (like '2026-12-24 18:00 to 2027-01-02 09:00') or 'calendar'");
  EXPECT_EQ(mistake("freeze: f\nduring: 2026-12-24 18:00 to 2027-01-02 09:00\n"),
            "freezes.yaml:2:9: '2026-12-24 18:00 to 2027-01-02 09:00' names no time zone; add one at its end, or a "
            "'zone:'");
  EXPECT_EQ(
      mistake("freeze: f\nduring: 2026-12-24 to 2026-12-01 UTC\n"),
      "freezes.yaml:2:9: '2026-12-24 to 2026-12-01 UTC' ends before it begins; expected like '2026-12-24 18:00 to "
      "2027-01-02 09:00 Asia/Seoul'");
  EXPECT_NE(mistake("freeze: f\nduring: 2026-02-30 UTC\n").find("no date"), std::string::npos);
  EXPECT_NE(mistake("freeze: f\nduring: 2026-12-24 25:00 to 2026-12-25 UTC\n").find("time"), std::string::npos);
  EXPECT_NE(mistake("freeze: f\nduring: daily\nzone: Asia/Soul\n").find("freezes.yaml:3:7: "), std::string::npos);
  EXPECT_EQ(mistake("freeze: f\nduring: daily\nzone: UTC\nexcept:\n"),
            "freezes.yaml:4:1: 'except' has no value: write one, or leave the key out");
  EXPECT_EQ(mistake("freeze: f\nduring: daily\nzone: UTC\nonly: {}\n"),
            "freezes.yaml:4:7: 'only' names nothing: policies, kinds, verbs, labels or danger; leave it out for "
            "everything");
  EXPECT_NE(mistake("freeze: f\nduring: daily\nzone: UTC\nonly: { danger: high }\n").find("freezes.yaml:4:17: "),
            std::string::npos);
  EXPECT_NE(mistake("freeze: f\nduring: daily\nzone: UTC\nexcept: { roles: [boss] }\n").find("'boss' is no role"),
            std::string::npos);
  EXPECT_NE(mistake("freeze: f\nduring: calendar/kr\nzone: UTC\n").find("under 'calendar'"), std::string::npos);
  EXPECT_NE(mistake("freeze: f\nduring: daily\nzone: UTC\npolicies: x\n").find("unknown"), std::string::npos);
  EXPECT_EQ(mistake("freeze: f\nduring: daily\nzone: UTC\nonly: { kinds: [ec3] }\n", {.kinds = {"ec2", "db"}}),
            "freezes.yaml:4:16: no pack declares the kind 'ec3' (did you mean 'ec2'?)");
  EXPECT_NE(
      mistake("freeze: f\nduring: daily\nzone: UTC\n---\nfreeze: f\nduring: daily\nzone: UTC\n").find("already at"),
      std::string::npos);
}

TEST(Freeze, OfWhichEveryInstantIsFrozenHasAnEndThatCanBeTold) {
  const Freeze freeze = one("freeze: f\nduring: daily 00:00-24:00\nzone: UTC\n");
  EXPECT_GT(freeze.at_time(at("2026-01-10T01:00:00Z"))->end, at("2026-06-01T00:00:00Z"));
}

TEST(Freeze, KnowsTheKeysOfItsSchemaAndNoOthers) {
  const Json schema =
      Json::parse(read_file(CAPSTAN_SOURCE_DIR "/docs/reference/freeze.schema.json").value(), "freeze.schema.json")
          .value();
  std::string keys;
  for (const auto& [key, value] : schema["properties"].members()) keys += (keys.empty() ? "" : ", ") + key;
  EXPECT_EQ(mistake("freeze: f\nduring: daily\nzone: UTC\nzzzzzzzz: 1\n"),
            "freezes.yaml:4:1: unknown key 'zzzzzzzz' in a freeze; expected one of: " + keys);
}

TEST(Freeze, WithAMistakeIsAsWideAsWhatCannotBeReadMayBe) {
  const auto doubtful = [](std::string_view yaml) {
    ReadFreezes found = read(yaml);
    EXPECT_EQ(found.doubtful.size(), 1u) << yaml;
    EXPECT_TRUE(found.freezes.empty());
    return found.doubtful.empty() ? Freeze() : std::move(found.doubtful.front());
  };
  const HeldAction a_policys{.policy = "p", .verb = "x.stop", .kind = "vm"};
  const HeldAction a_persons{.policy = "", .verb = "x.stop", .kind = "vm"};
  const Time in = at("2026-12-24T12:00:00Z"), out = at("2026-11-24T12:00:00Z");

  const Freeze no_times = doubtful("freeze: f\nduring: 2026-12-24 2026-12-26\nzone: UTC\nonly: { kinds: [vm] }\n");
  EXPECT_TRUE(no_times.at_time(out) && no_times.at_time(in));
  EXPECT_TRUE(no_times.covers(a_policys));
  EXPECT_FALSE(no_times.covers(a_persons));
  EXPECT_FALSE(no_times.covers({.policy = "p", .verb = "x.stop", .kind = "disk"}));
  for (const char* text : {"freeze: f\n", "freeze: f\nduring: []\n", "freeze: f\nduring: 2026-12-24\nzone: Mars\n",
                           "freeze: f\nduring: [2026-12-24, nonsense]\nzone: UTC\n"})
    EXPECT_TRUE(doubtful(text).at_time(out)) << text;

  const Freeze no_scope = doubtful("freeze: f\nduring: 2026-12-24\nzone: UTC\nonly: { verb: stop, kinds: [disk] }\n");
  EXPECT_TRUE(no_scope.at_time(in));
  EXPECT_FALSE(no_scope.at_time(out)) << "its times are known";
  EXPECT_TRUE(no_scope.covers(a_policys) && no_scope.covers(a_persons));

  const Freeze no_exceptions =
      doubtful("freeze: f\nduring: 2026-12-24\nzone: UTC\nexcept: { policies: [p], roles: [boss] }\n");
  EXPECT_TRUE(no_exceptions.covers(a_policys));
  EXPECT_FALSE(no_exceptions.at_time(out));

  const Freeze misspelt = doubtful("freeze: f\nduring: 2026-12-24\nzone: UTC\nexecpt: { policies: [p] }\n");
  EXPECT_TRUE(misspelt.covers(a_policys));
  const std::vector<Freeze> all = {misspelt};
  EXPECT_TRUE(frozen_at(all, in).front().says().text.starts_with("held back by the freeze f until its mistake"));
}

}  // namespace
}  // namespace capstan::decide
