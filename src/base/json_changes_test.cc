#include "base/json_changes.h"

#include <gtest/gtest.h>

#include <random>

namespace capstan {
namespace {

Json json(std::string_view text) { return Json::parse(text).value(); }

std::string said(std::string_view before, std::string_view after, size_t most = 50) {
  std::string text;
  for (const JsonChange& change : json_changes(json(before), json(after), most)) {
    text += change.path + ": " + change.before.dump() + " -> " + change.after.dump() + "\n";
  }
  return text;
}

TEST(JsonChanges, NamesTheSmallestPlaces) {
  EXPECT_EQ(said(R"({"a": {"b": 1, "c": [1, 2]}})", R"({"a": {"b": 2, "c": [1, 3]}})"),
            "a.b: 1 -> 2\na.c[1]: 2 -> 3\n");
  EXPECT_EQ(said(R"({"a": {"x/y": 1}})", R"({"a": {"x.y": 1, "x/y": 2}})"), "a[\"x.y\"]: null -> 1\na.x/y: 1 -> 2\n");
  EXPECT_EQ(said(R"({"c": [1]})", R"({"c": [1, 2]})"), "c: [1] -> [1,2]\n");
  EXPECT_EQ(said(R"({"a": 1})", R"({})"), "a: 1 -> null\n");
  EXPECT_EQ(said("{}", "{}"), "");
  EXPECT_EQ(said("1", "2"), ": 1 -> 2\n");
}

TEST(JsonChanges, AreOneWhereTheyAreTooMany) {
  EXPECT_EQ(said(R"({"a": 1, "b": 1, "c": 1})", R"({"a": 2, "b": 2, "c": 2})", 2),
            ": {\"a\":1,\"b\":1,\"c\":1} -> {\"a\":2,\"b\":2,\"c\":2}\n");
}

Json random_value(std::mt19937& random, int depth) {
  const auto pick = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  if (depth == 0 || pick(3) == 0)
    return pick(2) == 0 ? Json(pick(3)) : Json(std::string(1, static_cast<char>('a' + pick(3))));
  Json value = pick(2) == 0 ? Json::object() : Json::array();
  for (int i = pick(4); i > 0; --i) {
    static const char* const names[] = {"a", "b/c", "d.e", "f[0]", "\"", "$"};
    if (value.is_object()) {
      value.set(names[pick(6)], random_value(random, depth - 1));
    } else {
      value.push_back(random_value(random, depth - 1));
    }
  }
  return value;
}

TEST(JsonChanges, AppliedToWhatWasGiveWhatIs) {
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const Json before = random_value(random, 4);
    const Json after = random_value(random, 4);
    Json value = before;
    for (const JsonChange& change : json_changes(before, after)) apply_change(value, change.path, change.after);
    ASSERT_EQ(value, after) << before.dump() << " -> " << after.dump();
  }
}

}  // namespace
}  // namespace capstan
