#include "connect/slack/blocks.h"

#include <gtest/gtest.h>

namespace capstan::slack {
namespace {

TEST(SlackText, EscapesWhatMrkdwnGivesAMeaning) { EXPECT_EQ(escape("a<b>&c"), "a&lt;b&gt;&amp;c"); }

TEST(SlackText, CutsBetweenCharactersOnly) {
  EXPECT_EQ(cut("abc", 3), "abc");
  EXPECT_EQ(cut("abcd", 3), "ab…");
  EXPECT_EQ(cut("한국어입니다", 4), "한국어…");
  EXPECT_EQ(cut("ab&amp;cd", 5), "ab…") << "an escape is never cut in two";
}

TEST(SlackBlocks, HaveAFallbackTextAndAHeader) {
  Message message;
  message.severity = Severity::kMedium;
  message.title = "x > y";
  const Json rendered = render(message);
  EXPECT_NE(rendered["text"].string_or_empty().find("x &gt; y"), std::string::npos);
  ASSERT_EQ(rendered["blocks"].items().size(), 1u);
  EXPECT_NE(rendered["blocks"].items()[0]["text"]["text"].string_or_empty().find("x > y"), std::string::npos);
}

TEST(SlackBlocks, ShowWhatUsersWroteAsItIs) {
  Message message;
  message.title = "t";
  message.fields = {{"Cause", "a *bold* `claim`"}, {"Plan", "a < b"}};
  message.text = "_it_ ~no~ :smile: <!channel> & ```";
  const Json rendered = render(message);
  const Json& fields = rendered["blocks"].items()[1]["fields"];
  EXPECT_EQ(fields.items()[0]["type"].string_or_empty(), "plain_text");
  EXPECT_EQ(fields.items()[0]["text"].string_or_empty(), "Cause\na *bold* `claim`");
  EXPECT_EQ(fields.items()[1]["text"].string_or_empty(), "*Plan*\na &lt; b");
  EXPECT_EQ(rendered["blocks"].items()[2]["text"]["type"].string_or_empty(), "plain_text");
  EXPECT_EQ(rendered["blocks"].items()[2]["text"]["text"].string_or_empty(), message.text);
}

TEST(SlackBlocks, LeaveOutWhatIsEmpty) {
  Message message;
  message.title = "t";
  message.fields = {{"a", ""}};
  message.buttons = {{"no link", ""}};
  EXPECT_EQ(render(message)["blocks"].items().size(), 1u);
}

}  // namespace
}  // namespace capstan::slack
