#include "base/url.h"

#include <gtest/gtest.h>

namespace capstan {
namespace {

TEST(PercentDecode, UndoesWhatEncodingDid) {
  std::string every_byte;
  for (int byte = 1; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  EXPECT_EQ(percent_decode(percent_encode(every_byte)).value(), every_byte);
}

TEST(PercentDecode, RefusesHalfAnEscape) {
  for (const char* text : {"%", "a%4", "%zz", "%4g", "100%"}) EXPECT_FALSE(percent_decode(text)) << text;
}

TEST(PercentDecode, TakesAnEscapeAtTheVeryEnd) { EXPECT_EQ(percent_decode("a%2F").value(), "a/"); }

TEST(PercentDecode, RefusesAZeroByte) { EXPECT_FALSE(percent_decode("a%00b")); }

TEST(ParseQuery, ReadsPlusAsSpaceAndKeepsRepeatedNames) {
  const QueryParameters expected = {{"match[]", "up"}, {"match[]", "a b+c"}, {"empty", ""}, {"bare", ""}};
  EXPECT_EQ(parse_query("match%5B%5D=up&match[]=a+b%2Bc&empty=&bare").value(), expected);
}

TEST(ParseQuery, KeepsEqualsSignsOfTheValue) {
  EXPECT_EQ(parse_query("query=up{a=\"b\"}").value(), (QueryParameters{{"query", "up{a=\"b\"}"}}));
}

TEST(ParseQuery, HasALimit) {
  std::string text;
  for (int i = 0; i < 1001; ++i) text += "a=1&";
  EXPECT_EQ(parse_query(text).error().code, ErrorCode::kResourceExhausted);
}

TEST(ParseTarget, DecodesSegmentsOneByOne) {
  const RequestTarget target = parse_target("/capstan/v1/plans/a%2Fb+c?x=1").value();
  EXPECT_EQ(target.path, "/capstan/v1/plans/a%2Fb+c");
  EXPECT_EQ(target.segments, (std::vector<std::string>{"capstan", "v1", "plans", "a/b+c"}));
  EXPECT_EQ(target.query, (QueryParameters{{"x", "1"}}));
}

TEST(ParseTarget, HasNoSegmentsForTheRoot) { EXPECT_TRUE(parse_target("/?").value().segments.empty()); }

TEST(ParseTarget, RefusesToClimb) {
  for (const char* text : {"/..", "/a/../b", "/%2e%2e/etc/passwd", "/.%2E", "/a/%2e"}) {
    EXPECT_FALSE(parse_target(text)) << text;
  }
}

TEST(ParseTarget, RefusesOtherForms) {
  for (const char* text : {"", "*", "http://localhost/", "a"}) EXPECT_FALSE(parse_target(text)) << text;
}

TEST(FindCookie, FindsOneAmongMany) {
  EXPECT_EQ(find_cookie("a=1; capstan_session=x=y ;b=2", "capstan_session"), "x=y");
  EXPECT_EQ(find_cookie("xcapstan_session=1; capstan_session", "capstan_session"), std::nullopt);
  EXPECT_EQ(find_cookie("", "a"), std::nullopt);
}

}  // namespace
}  // namespace capstan
