#include "connect/kubernetes/object_reader.h"

#include <gtest/gtest.h>

#include "connect/kubernetes/json_splitter.h"

namespace capstan::kubernetes {
namespace {

using Shape = JsonSplitter::Shape;

// The objects found, whatever the pieces; or why not.
std::vector<std::string> split(Shape shape, std::string_view text, size_t step, size_t limit = 1000) {
  JsonSplitter splitter(shape, limit);
  std::vector<std::string> objects;
  for (size_t at = 0; at < text.size(); at += step) {
    const Status fed = splitter.feed(text.substr(at, step), [&](std::string& object) -> Status {
      objects.push_back(object);
      return {};
    });
    if (!fed) return {"error: " + fed.error().message};
  }
  if (!splitter.is_complete()) objects.push_back("incomplete");
  if (shape == Shape::kList) objects.push_back("rest: " + splitter.rest());
  return objects;
}

using Objects = std::vector<std::string>;

TEST(JsonSplitter, FindsTheItemsOfAListHoweverItIsCut) {
  const std::string_view list =
      R"( {"kind":"L", "items": [ {"a":"}]\"{"} , {"items":[{}]}, {} ], "metadata":{"items":[{"x":1}]}} )";
  const Objects expected{R"({"a":"}]\"{"})", R"({"items":[{}]})", "{}",
                         R"(rest: {"kind":"L", "items": [], "metadata":{"items":[{"x":1}]}})"};
  for (size_t step = 1; step <= list.size(); ++step) EXPECT_EQ(split(Shape::kList, list, step), expected) << step;
}

TEST(JsonSplitter, FindsOneObjectAfterTheOtherHoweverTheyAreCut) {
  const std::string_view stream = "{\"a\":[1,{}]}\n\n{\"b\":\"\\\\\"}{}\r\n";
  const Objects expected{R"({"a":[1,{}]})", R"({"b":"\\"})", "{}"};
  for (size_t step = 1; step <= stream.size(); ++step) EXPECT_EQ(split(Shape::kStream, stream, step), expected) << step;
}

TEST(JsonSplitter, TakesAListWithoutItems) {
  EXPECT_EQ(split(Shape::kList, R"({"items":null,"x":"items","y":[1]})", 3),
            (Objects{R"(rest: {"items":null,"x":"items","y":[1]})"}));
}

TEST(JsonSplitter, KnowsWhatIsIncomplete) {
  EXPECT_EQ(split(Shape::kStream, R"({"a":1)", 100), Objects{"incomplete"});
  EXPECT_EQ(split(Shape::kList, R"({"items":[{})", 100), (Objects{"{}", "incomplete", R"(rest: {"items":[)"}));
}

TEST(JsonSplitter, RefusesWhatIsNoSuchSequence) {
  for (const char* text :
       {"<html>", "[]", "1", "}", "{}{}", R"({"items":[1]})", R"({"items":[[]]})", R"({"items":[})"}) {
    EXPECT_EQ(split(Shape::kList, text, 100).front().substr(0, 6), "error:") << text;
  }
  EXPECT_EQ(split(Shape::kStream, "{},", 100).front().substr(0, 6), "error:");
  EXPECT_EQ(split(Shape::kStream, std::string(2000, '{'), 100, 100'000).front(),
            "error: the answer is nested too deeply");
}

TEST(JsonSplitter, HoldsNoMoreThanItsLimit) {
  const std::string large = R"({"a":")" + std::string(200, 'x') + R"("})";
  EXPECT_EQ(split(Shape::kStream, large, 7, 100).front(),
            "error: an object of the answer is larger than the limit of 100 bytes");
  EXPECT_EQ(split(Shape::kList, "{\"items\":[" + large + "]}", 7, 100).front().substr(0, 6), "error:");
  EXPECT_EQ(split(Shape::kList, large, 7, 100).front().substr(0, 6), "error:");
}

TEST(ObjectReader, ReadsEveryKindOfValue) {
  ObjectReader reader;
  std::string text =
      R"({"a":null,"b":true,"c":-5,"d":18446744073709551615,"e":1.5,"f":"ü\n","g":[1,[],{}],"h":{"i":{}},"metadata":[]})";
  const auto read = reader.read(text);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->dump(), Json::parse(text)->dump());
}

TEST(ObjectReader, LeavesManagedFieldsOutOfMetadataAndNothingElse) {
  ObjectReader reader;
  std::string text = R"({"managedFields":1,"metadata":{"managedFields":[1],"name":"a"},"spec":{"managedFields":2}})";
  EXPECT_EQ(reader.read(text)->dump(), R"({"managedFields":1,"metadata":{"name":"a"},"spec":{"managedFields":2}})");
  EXPECT_EQ(reader.read(text, true)->dump(), text);
  std::string event = R"({"type":"ADDED","object":{"metadata":{"managedFields":[1],"name":"a"}}})";
  const auto read = reader.read_event(event);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->type, "ADDED");
  EXPECT_EQ(read->object.dump(), R"({"metadata":{"name":"a"}})");
}

TEST(ObjectReader, RefusesWhatIsNoObject) {
  ObjectReader reader;
  for (const char* bad : {"", "[]", "{", R"({"a":})", "{\"a\":\"\xff\"}"}) {
    std::string text = bad;
    EXPECT_EQ(reader.read(text).error().code, ErrorCode::kCorrupt) << bad;
  }
  std::string deep = R"({"a":)" + std::string(500, '[') + std::string(500, ']') + "}";
  EXPECT_EQ(reader.read(deep).error().code, ErrorCode::kCorrupt);
  for (const char* bad : {"{}", R"({"type":"ADDED"})", R"({"type":1,"object":{}})", R"({"type":"ADDED","object":1})"}) {
    std::string text = bad;
    EXPECT_EQ(reader.read_event(text).error().code, ErrorCode::kCorrupt) << bad;
  }
}

}  // namespace
}  // namespace capstan::kubernetes
