#include "base/json.h"

#include <gtest/gtest.h>

#include <cmath>

namespace capstan {
namespace {

TEST(Json, PrintsMembersSortedSoThatEqualValuesPrintAlike) {
  const Json a = Json::object({{"b", 1}, {"a", Json::array({true, nullptr, 1.5, "x"})}});
  EXPECT_EQ(a.dump(), R"({"a":[true,null,1.5,"x"],"b":1})");
  EXPECT_EQ(Json::parse(R"({"b":1, "a":[true,null,1.5,"x"]})").value(), a);
}

TEST(Json, KeepsIntegersAndDoublesApart) {
  EXPECT_EQ(Json::parse("9007199254740993").value().dump(), "9007199254740993");
  EXPECT_EQ(Json(1.0).dump(), "1.0");
  EXPECT_TRUE(Json::parse("1.0").value() == Json(1.0));
  EXPECT_FALSE(Json(1.0) == Json(1));
  EXPECT_EQ(Json(1.0).int_or(7), 1);
  EXPECT_EQ(Json(1.5).int_or(7), 7);
  EXPECT_FALSE(Json(uint64_t{UINT64_MAX}).is_int());
}

TEST(Json, PrintsWhatHasNoJsonFormAsNull) { EXPECT_EQ(Json::array({NAN, INFINITY}).dump(), "[null,null]"); }

TEST(Json, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(Json("a\xff\x62").dump(), "\"a\xef\xbf\xbd\x62\"");
  EXPECT_EQ(Json("\xed\xa0\x80").dump(), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"") << "a surrogate is no character";
  EXPECT_EQ(Json("한글 \xf0\x9f\x98\x80").dump(), "\"한글 \xf0\x9f\x98\x80\"");
  EXPECT_EQ(Json("\x01\n\"\\").dump(), R"("\u0001\n\"\\")");
}

TEST(Json, SaysWhereTextIsBroken) {
  const auto broken = Json::parse("{\n  \"a\": [1, 2,, 3]\n}", "x.json");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().where.file, "x.json");
  EXPECT_EQ(broken.error().where.line, 2);
  EXPECT_EQ(broken.error().where.column, 14);
}

TEST(Json, RefusesWhatIsNestedTooDeeply) {
  EXPECT_TRUE(Json::parse(std::string(150, '[') + std::string(150, ']')));
  const auto deep = Json::parse(std::string(100'000, '['));
  ASSERT_FALSE(deep);
  EXPECT_NE(deep.error().message.find("nested"), std::string::npos) << deep.error().message;
}

TEST(Json, GivesTheDefaultForAnotherType) {
  const Json object = Json::object({{"a", "text"}});
  EXPECT_EQ(object["a"].int_or(3), 3);
  EXPECT_TRUE(object["missing"].is_null());
  EXPECT_TRUE(object["a"]["deeper"].is_null());
  EXPECT_EQ(Json(5)["x"].string_or_empty(), "");
}

}  // namespace
}  // namespace capstan
