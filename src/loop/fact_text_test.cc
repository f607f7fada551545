#include "loop/fact_text.h"

#include <gtest/gtest.h>

namespace capstan::loop {
namespace {

Fact fact(std::string_view kind, std::string_view subject, Json body) {
  return {.seq = 12,
          .at = parse_time("2026-11-22T18:00:04Z").value(),
          .kind = std::string(kind),
          .subject = std::string(subject),
          .body = std::move(body),
          .cause = 0,
          .actor = "user:ann"};
}

TEST(FactText, IsSaidInEachLanguage) {
  Json begun = Json::object({{"action", Json::object({{"verb", "host.stop"}, {"target", "host_service/web"}})}});
  begun.mutable_members()["action"].set("reason", "outside its hours");
  const Words begins = say_fact(fact(fact_kind::kActionIntended, "act-1", begun));
  EXPECT_EQ(say(begins, Language::kEnglish),
            "18:00:04.000 #12 host.stop on host_service/web begins: outside its hours");
  EXPECT_EQ(say(begins, Language::kKorean), "18:00:04.000 #12 host_service/web에 host.stop 시작: outside its hours");

  const Words closed = say_fact(fact(fact_kind::kIncidentClosed, "inc-3", Json::object({{"says", "it is over"}})));
  EXPECT_EQ(say(closed, Language::kEnglish), "18:00:04.000 #12 incident inc-3 closed: it is over");
  EXPECT_EQ(say(closed, Language::kKorean), "18:00:04.000 #12 인시던트 inc-3 종료: it is over");

  const Words changed = say_fact(fact(fact_kind::kResourceChanged, "host_service/web",
                                      Json::object({{"changed", Json::object({{"state", Json::Array{"up", 3}}})}})));
  EXPECT_EQ(changed, "18:00:04.000 #12 host_service/web changed state from up to 3");
}

TEST(FactText, AFactThatIsNotKnownIsSaidByItsKind) {
  EXPECT_EQ(say_fact(fact("weather.turned", "sky", Json::object({{"says", "rain"}}))),
            "18:00:04.000 #12 weather.turned sky: rain");
  EXPECT_EQ(say_fact(fact("weather.turned", "sky", Json::object())), "18:00:04.000 #12 weather.turned sky");
}

TEST(FactText, BeginsWithTheFirstSamplesOfAFinding) {
  Finding finding;
  finding.evidence.push_back({.kind = Evidence::Kind::kLines, .text = "lines", .lines = {"3x OOMKilled"}});
  const std::vector<Words> said = say_first_samples(finding);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(say(said.front(), Language::kKorean), "로그 3x OOMKilled");
}

}  // namespace
}  // namespace capstan::loop
