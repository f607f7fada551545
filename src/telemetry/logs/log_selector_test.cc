#include "telemetry/logs/log_selector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace capstan::telemetry {
namespace {

using testing::HasSubstr;

LogSelector parse(std::string_view text) {
  Result<LogSelector> selector = LogSelector::parse(text);
  EXPECT_TRUE(selector) << selector.error().to_string();
  return selector ? *std::move(selector) : LogSelector();
}

TEST(LogSelector, TakesEverythingWhenEmpty) {
  for (const char* text : {"", "  ", "{}", " { } "}) {
    EXPECT_TRUE(parse(text).matches(Labels{{"a", "b"}})) << text;
    EXPECT_TRUE(parse(text).matches(std::string_view("line"))) << text;
  }
}

TEST(LogSelector, SelectsByEveryKindOfLabelMatcher) {
  const Labels labels{{"unit", "nginx"}, {"host.name", "web1"}};
  EXPECT_TRUE(parse(R"({unit="nginx"})").matches(labels));
  EXPECT_TRUE(parse(R"({unit="nginx", host.name=~"web.*",})").matches(labels));
  EXPECT_FALSE(parse(R"({unit="nginx",host.name=~"eb"})").matches(labels)) << "regular expressions are anchored";
  EXPECT_FALSE(parse(R"({unit!="nginx"})").matches(labels));
  EXPECT_FALSE(parse(R"({unit!~"n.*"})").matches(labels));
  EXPECT_TRUE(parse(R"({absent=""})").matches(labels));
}

TEST(LogSelector, SelectsByTheTextOfALine) {
  const std::string_view line = "GET /a\tb 503 \"timeout\"";
  EXPECT_TRUE(parse(R"(|= "503" != "healthz" |~ "5[0-9]{2}" !~ "^POST")").matches(line));
  EXPECT_FALSE(parse(R"(|= "200")").matches(line));
  EXPECT_FALSE(parse(R"(!= "503")").matches(line));
  EXPECT_FALSE(parse(R"(!~ "5..")").matches(line));
  EXPECT_TRUE(parse(R"({} |= "a\tb" |= "\"timeout\"" |= `"timeout"` |~ `\d{3}`)").matches(line));
}

TEST(LogSelector, SaysWhereItIsWrongAndWhatWasExpected) {
  struct Case {
    const char* text;
    int column;
    const char* says;
  };
  for (const Case& one : {
           Case{"{unit=nginx}", 7, "expected a text in quotes, found 'n'"},
           Case{"{unit}", 6, "expected =, !=, =~ or !~ after the label unit"},
           Case{"{unit=\"a\" host=\"b\"}", 11, "expected ',' or '}'"},
           Case{"{unit=\"a\"", 10, "the end of the selector"},
           Case{"{=\"a\"}", 2, "expected a label name"},
           Case{"{unit=\"a", 7, "does not end"},
           Case{"{unit=~\"(\"}", 8, "bad regular expression"},
           Case{"{} |~ `[`", 7, "bad regular expression"},
           Case{"{} | \"a\"", 4, "expected |=, !=, |~ or !~"},
           Case{"error", 1, "expected |=, !=, |~ or !~"},
           Case{"|= \"\\d\"", 6, "backquotes need no escapes"},
       }) {
    const auto selector = LogSelector::parse(one.text);
    ASSERT_FALSE(selector) << one.text;
    EXPECT_EQ(selector.error().where.column, one.column) << one.text;
    EXPECT_THAT(selector.error().message, HasSubstr(one.says));
  }
  EXPECT_EQ(LogSelector::parse("{}\n|= x").error().where.line, 2);
}

}  // namespace
}  // namespace capstan::telemetry
