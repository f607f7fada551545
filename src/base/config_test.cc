#include "base/config.h"

#include <gtest/gtest.h>

namespace capstan {
namespace {

ConfigNode parse_one(std::string_view text) {
  auto documents = parse_yaml(text, "x.yaml");
  EXPECT_TRUE(documents) << documents.error().to_string();
  EXPECT_EQ(documents->size(), 1u);
  return std::move(documents->front());
}

Error problem_of(std::string_view text) {
  auto documents = parse_yaml(text, "x.yaml");
  EXPECT_FALSE(documents);
  return documents ? Error{} : documents.error();
}

TEST(Yaml, KnowsWhereEveryNodeStands) {
  const ConfigNode node = parse_one("a: 1\nb:\n  - x\n  - {c: d}\n");
  EXPECT_EQ(node.find("b")->items[1].find("c")->where, (Where{"x.yaml", 4, 9}));
}

TEST(Yaml, TakesWhatIsQuotedAsText) {
  const ConfigNode node = parse_one("[true, 'true', 12, \"12\", 1.5, null, ~, yes, 0x1f, .inf, +3]");
  EXPECT_EQ(node.to_json().dump(), R"([true,"true",12,"12",1.5,null,null,"yes","0x1f",".inf",3])");
}

TEST(Yaml, ReadsSeveralDocumentsAndNone) {
  EXPECT_EQ(parse_yaml("a: 1\n---\nb: 2\n---\n", "x").value().size(), 2u);
  EXPECT_EQ(parse_yaml("", "x").value().size(), 0u);
  EXPECT_EQ(parse_yaml("# only a comment\n", "x").value().size(), 0u);
}

TEST(Yaml, NamesTheLineOfWhatIsBroken) {
  EXPECT_EQ(problem_of("a: 1\nb: [1, 2\nc: 3\n").where.line, 3);
  EXPECT_EQ(problem_of("a: 1\na: 2\n").to_string(), "x.yaml:2:1: the key 'a' appears twice");
  EXPECT_EQ(problem_of("? [x]\n: 1\n").message, "a key must be plain text");
}

TEST(Yaml, IsUtf8) {
  EXPECT_EQ(problem_of("a: 1\nb: caf\xe9\n").to_string(), "x.yaml:2:7: not UTF-8: save the file in that encoding");
  EXPECT_EQ(problem_of("\xbe\xf7\xb9\xab: 1\n").where.column, 1);
  EXPECT_TRUE(parse_yaml("a: 업무 é 🚀\n", "x.yaml").has_value());
}

TEST(Yaml, EndsAtWhatIsNoValue) {
  for (const char* text : {",atargregs:e", "]", "a: b\n}", "--- x\n,", "?", ":"}) {
    const auto parsed = parse_yaml(text, "x.yaml");
    EXPECT_TRUE(parsed || parsed.error().where.line > 0) << text;
  }
  EXPECT_EQ(parse_yaml(",x", "x.yaml").error().to_string(), "x.yaml:1:1: not valid YAML: a value was expected here");
}

TEST(Yaml, RefusesTagsOfOtherLanguages) {
  EXPECT_NE(problem_of("a: !!python/object:os.system x").message.find("not supported"), std::string::npos);
}

TEST(Yaml, StopsABillionLaughs) {
  std::string text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int j = 0; j < 9; ++j) text += "," + last;
    text += "]\n";
  }
  EXPECT_EQ(problem_of(text).code, ErrorCode::kResourceExhausted);
}

TEST(Yaml, StopsDeepNesting) {
  EXPECT_FALSE(parse_yaml(std::string(100'000, '['), "x"));
  EXPECT_FALSE(parse_yaml(std::string(500, '[') + std::string(500, ']'), "x"));
}

TEST(MapReader, ReadsWhatItIsAskedFor) {
  const ConfigNode node = parse_one("name: n\nwait: 1m30s\ncount: 3\non: true\nlist: [a, b]\none: c\nmap: {x: 1}\n");
  MapReader reader(node, "a thing");
  EXPECT_EQ(reader.required_string("name"), "n");
  EXPECT_EQ(reader.duration_or("wait", Duration(0)), Duration(90'000));
  EXPECT_EQ(reader.int_or("count", 0, 1, 10), 3);
  EXPECT_TRUE(reader.bool_or("on", false));
  EXPECT_EQ(reader.strings("list"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(reader.strings("one"), std::vector<std::string>{"c"});
  EXPECT_EQ(reader.string_map("map").front().second, "1");
  EXPECT_EQ(reader.int_or("absent", 7, 0, 9), 7);
  EXPECT_TRUE(reader.finish());
}

TEST(MapReader, SuggestsForUnknownKeys) {
  const ConfigNode node = parse_one("sevrity: high\n");
  MapReader reader(node, "a rule");
  reader.string_or("severity", "low");
  const Status status = reader.finish();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().to_string(), "x.yaml:1:1: unknown key 'sevrity' in a rule (did you mean 'severity'?)");
}

TEST(MapReader, CollectsAllMistakesInTheOrderOfTheFile) {
  const ConfigNode node = parse_one("count: many\nwait: soon\nmode: maybe\n");
  MapReader reader(node, "a thing");
  reader.one_of("mode", {"on", "off"}, "on");
  reader.duration_or("wait", Duration(0));
  reader.int_or("count", 0, 1, 10);
  reader.required_string("name");
  const std::vector<Error> problems = reader.problems();
  ASSERT_EQ(problems.size(), 4u);
  EXPECT_EQ(problems[0].message, "a thing needs 'name'");
  EXPECT_EQ(problems[1].message, "'count' must be a whole number from 1 to 10, found 'many'");
  EXPECT_EQ(problems[3].message, "'mode' must be one of on, off, found 'maybe'");
}

TEST(MapReader, TakesAKeyWithoutAValueAsAMistakeAtTheKey) {
  const ConfigNode node = parse_one("a: 1\nname:\n");
  MapReader reader(node, "a thing");
  reader.int_or("a", 0, 0, 9);
  EXPECT_EQ(reader.required_string("name"), "");
  EXPECT_EQ(reader.at("name").where.line, 2);
  const Status status = reader.finish();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "'name' must not be empty");
  EXPECT_EQ(status.error().where.line, 2);
}

TEST(MapReader, SaysWhatItFoundInPlaceOfAMap) {
  const ConfigNode node = parse_one("[1, 2]");
  MapReader reader(node, "a policy");
  EXPECT_EQ(reader.finish().error().message, "expected a policy as a map, found a list");
}

}  // namespace
}  // namespace capstan
