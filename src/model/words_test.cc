#include "model/words.h"

#include <gtest/gtest.h>

#include "model/span.h"

namespace capstan {
namespace {

TEST(Words, AreEnglishAndKnowTheirKorean) {
  const Words says = Words::phrase(
      "act.because", {{"says", Words::phrase("act.rejected", {{"by", "ann"}})}, {"reason", "too {early}"}});
  EXPECT_EQ(says, "rejected by ann: too {early}");
  EXPECT_EQ(say(says, Language::kEnglish), "rejected by ann: too {early}");
  EXPECT_EQ(say(says, Language::kKorean), "ann 반려: too {early}");
  EXPECT_EQ(says.key(), "act.because");
  EXPECT_EQ(says.place("reason"), "too {early}");
  EXPECT_EQ(says.place("nothing"), "");
}

TEST(Words, OfUsersAreSaidAsTheyWereWritten) {
  EXPECT_EQ(say("disk {full}", Language::kKorean), "disk {full}");
  const Words both = Words::in_both("disk full", "디스크 가득 참");
  EXPECT_EQ(both, "disk full");
  EXPECT_EQ(say(both, Language::kKorean), "디스크 가득 참");
  EXPECT_EQ(Words::in_both("disk full", "").made, nullptr);
  EXPECT_EQ(say(Words::known("do.nothing_known", "frobnicate"), Language::kKorean), "frobnicate");
  EXPECT_EQ(say(Words::known("do.stop", "stop"), Language::kKorean), "중지");
}

TEST(Words, QuoteWhatACounterpartSaysInItsOwnLanguage) {
  const Words refused = quoted({ErrorCode::kPermissionDenied, "no such machine"});
  EXPECT_EQ(refused, "no such machine");
  EXPECT_EQ(say(refused, Language::kKorean), "“no such machine”");
}

TEST(Words, SayHowLongSomethingIs) {
  const Words span = say_span(std::chrono::hours(28) + std::chrono::milliseconds(1'500));
  EXPECT_EQ(span, "1d4h1s500ms");
  EXPECT_EQ(say(span, Language::kKorean), "1일 4시간 1초 500밀리초");
  EXPECT_EQ(say(say_span(Duration(0)), Language::kKorean), "0초");
}

TEST(Words, AreJoinedInBothLanguages) {
  const std::vector<Words> parts = {Words::phrase("wait.paused"), "b", Words::phrase("check.holds")};
  EXPECT_EQ(Words::joined(parts, "; "), "paused; b; holds");
  EXPECT_EQ(say(Words::joined(parts, "; "), Language::kKorean), "일시 정지됨; b; 성립함");
  EXPECT_TRUE(Words::joined({}, ", ").empty());
}

TEST(Words, InAFactStandBesideTheirText) {
  Json body = Json::object({{"state", "failed"}});
  const Words says = Words::phrase("act.cancelled", {{"by", "ann"}});
  set_words(body, "says", says);
  set_words(body, "title", Words::in_both("a", "가"));
  set_words(body, "plain", "as it is");
  EXPECT_EQ(body["says"].string_or_empty(), "cancelled by ann");
  EXPECT_EQ(body["words"]["says"].dump(), R"({"phrase":"act.cancelled","with":{"by":"ann"}})");
  EXPECT_FALSE(body["words"].contains("plain"));
  const Json read = Json::parse(body.dump()).value();
  EXPECT_EQ(words_of(read, "says"), says);
  EXPECT_EQ(say(words_of(read, "title"), Language::kKorean), "가");
  EXPECT_EQ(words_of(read, "plain"), Words("as it is"));
  set_words(body, "says", "plain now");
  EXPECT_FALSE(body["words"].contains("says"));
}

TEST(Words, OfOlderFactsAreTheirText) {
  const Json old = Json::parse(R"({"says": "cancelled by user:ann"})").value();
  EXPECT_EQ(say(words_of(old, "says"), Language::kKorean), "cancelled by user:ann");
}

TEST(Words, OfANewerVersionAreSaidAsItWroteThem) {
  Json fact =
      Json::parse(R"({"says": "teleported", "words": {"says": {"phrase": "act.teleported", "with": {"a": 1}}}})")
          .value();
  EXPECT_EQ(say(words_of(fact, "says"), Language::kKorean), "teleported");
  localize(fact, Language::kKorean);
  EXPECT_EQ(fact.dump(), R"({"says":"teleported"})");
}

TEST(Words, WhateverIsReadAreWords) {
  for (const char* text : {"null", "3", "[]", R"({"phrase": 7})", R"({"phrase": "x", "with": [1]})", R"({"ko": {}})",
                           R"({"phrase": "act.because", "with": {"says": {"phrase": "act.because"}}})"})
    (void)say(Words::from_json(Json::parse(text).value()), Language::kKorean);
  std::string deep = R"("x")";
  for (int i = 0; i < 60; ++i) deep = R"({"phrase":"wait.for","with":{"what":)" + deep + "}}";
  EXPECT_LT(say(Words::from_json(Json::parse(deep).value()), Language::kKorean).size(), 200u);
}

TEST(Words, AreSaidAtAnyDepthOfAnAnswer) {
  Json answer = Json::object({{"plans", Json::array({Json::object(), Json::object({{"words", "of a user"}})})}});
  set_words(answer.mutable_members()["plans"].mutable_items()[0], "waiting_for", Words::phrase("wait.worker"));
  localize(answer, Language::kKorean);
  EXPECT_EQ(answer.dump(), R"({"plans":[{"waiting_for":"실행 차례"},{"words":"of a user"}]})");
}

}  // namespace
}  // namespace capstan
