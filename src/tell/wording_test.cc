#include "tell/wording.h"

#include <gtest/gtest.h>

namespace capstan::tell {
namespace {

TEST(Drafts, SurviveBeingWrittenDown) {
  Draft draft;
  draft.id = "inc-1:opened";
  draft.title = Words::phrase("incident.opened", {{"severity", Words::phrase("severity.high")}, {"title", "t"}});
  draft.fields = {{Words::phrase("field.plan"), "plan-1"}};
  draft.lines = {"a", Words::phrase("list.more", {{"count", "3"}})};
  draft.buttons = {{Words::phrase("button.approve"), "", "approve", "hash plan-1"}};
  const Message read = word(Draft::from_json(Json::parse(draft.to_json().dump()).value()), Language::kKorean);
  EXPECT_EQ(read.title, "[높음] t");
  EXPECT_EQ(read.fields[0].first, "계획");
  EXPECT_EQ(read.text, "a\n외 3건");
  EXPECT_EQ(read.buttons[0].label, "승인");
  EXPECT_EQ(read.buttons[0].value, "hash plan-1");
}

TEST(Drafts, TakeTheMessagesOfOlderVersions) {
  const Json old = Json::parse(R"({"id": "inc-1:opened", "title": "[high] t", "fields": [["Incident", "inc-1"]],
                                   "text": "a\nb", "buttons": [{"label": "Look", "url": "http://x"}]})")
                       .value();
  const Message read = word(Draft::from_json(old), Language::kEnglish);
  EXPECT_EQ(read.title, "[high] t");
  EXPECT_EQ(read.fields[0].second, "inc-1");
  EXPECT_EQ(read.text, "a\nb");
  EXPECT_EQ(read.buttons[0].url, "http://x");
}

}  // namespace
}  // namespace capstan::tell
