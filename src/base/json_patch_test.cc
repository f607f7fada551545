#include "base/json_patch.h"

#include <gtest/gtest.h>

namespace capstan {
namespace {

std::string patched(const std::string& value, const std::string& operations) {
  const Result<Json> result = json_patch(*Json::parse(value), *Json::parse(operations));
  return result ? result->dump() : result.error().message;
}

TEST(JsonPatchTest, DoesWhatTheOperationsSayInTheirOrder) {
  EXPECT_EQ(patched(R"({"a":[1,2],"b":{"c":3}})",
                    R"([{"op":"test","path":"/a/0","value":1},{"op":"add","path":"/a/-","value":4},
                        {"op":"remove","path":"/a/0"},{"op":"replace","path":"/b/c","value":null},
                        {"op":"copy","from":"/a","path":"/d"},{"op":"move","from":"/b","path":"/e~1f"}])"),
            R"({"a":[2,4],"d":[2,4],"e/f":{"c":null}})");
}

TEST(JsonPatchTest, NamesTheOperationThatCannotBeDone) {
  EXPECT_EQ(patched(R"({"a":1})", R"([{"op":"test","path":"/a","value":1},{"op":"remove","path":"/b"}])"),
            "operation 2 (remove /b): there is no such place");
  EXPECT_EQ(patched(R"({"a":1})", R"([{"op":"test","path":"/a","value":2}])"),
            "operation 1 (test /a): another value is there");
  EXPECT_EQ(patched(R"({"a":[1]})", R"([{"op":"add","path":"/a/x","value":2}])").substr(0, 22),
            "operation 1 (add /a/x)");
}

TEST(JsonPatchTest, RefusesWhatIsNoPatch) {
  EXPECT_EQ(patched("{}", R"({"op":"add"})"), "a JSON patch must be a list of operations with 'op' and 'path'");
  EXPECT_EQ(patched("{}", R"([{"op":"add"}])"), "operation 1 needs 'op' and 'path'");
  EXPECT_EQ(patched("{}", R"([{"op":"twist","path":"/a"}])"), "operation 1 (twist /a) is no operation of a JSON patch");
  EXPECT_EQ(patched("{}", R"([{"op":"add","path":"/a"}])"), "operation 1 (add /a) is no operation of a JSON patch");
}

}  // namespace
}  // namespace capstan
