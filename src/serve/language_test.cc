#include "serve/language.h"

#include <gtest/gtest.h>

#include "serve/answer.h"

namespace capstan::serve {
namespace {

TEST(Language, IsTheFirstThatIsSpokenHere) {
  EXPECT_EQ(wanted_language("ko"), Language::kKorean);
  EXPECT_EQ(wanted_language("ko-KR,ko;q=0.9,en;q=0.8"), Language::kKorean);
  EXPECT_EQ(wanted_language("fr, ko;q=0.5"), Language::kKorean);
  EXPECT_EQ(wanted_language("en-US,ko;q=0.9"), Language::kEnglish);
  EXPECT_EQ(wanted_language("korean"), Language::kEnglish);
  EXPECT_EQ(wanted_language(""), Language::kEnglish);
}

TEST(Language, OfAnAnswerIsThatOfWhoAsks) {
  Json body = Json::object({{"state", "failed"}, {"steps", Json::array({Json::object()})}});
  set_words(body, "says", Words::phrase("act.cancelled", {{"by", "ann"}}));
  set_words(body.mutable_members()["steps"].mutable_items()[0], "why", Words::phrase("wait.paused"));
  const HttpServerResponse english = json_answer(body);
  HttpServerRequest request;
  HttpServerResponse response = english;
  localize_answer(request, response);
  EXPECT_EQ(response.body, english.body);
  request.headers = {{"Accept-Language", "en"}};
  localize_answer(request, response);
  EXPECT_EQ(response.body, R"({"says":"cancelled by ann","state":"failed","steps":[{"why":"paused"}]})");
  response = english;
  request.headers = {{"Accept-Language", "ko-KR,ko;q=0.9"}};
  localize_answer(request, response);
  EXPECT_EQ(response.body, R"({"says":"ann 취소","state":"failed","steps":[{"why":"일시 정지됨"}]})");
}

}  // namespace
}  // namespace capstan::serve
