#include "connect/aws/path_expression.h"

#include <gtest/gtest.h>

namespace capstan::aws {
namespace {

std::string evaluated(std::string_view expression, std::string_view value) {
  const auto parsed = PathExpression::parse(expression);
  if (!parsed) return parsed.error().message;
  return parsed->evaluate(*Json::parse(value)).dump();
}

TEST(PathExpression, FindsMembersAndPositions) {
  EXPECT_EQ(evaluated("cluster.status", R"({"cluster": {"status": "ACTIVE"}})"), R"("ACTIVE")");
  EXPECT_EQ(evaluated("cluster.status", R"({})"), "null");
  EXPECT_EQ(evaluated("Jobs[-1].JobId", R"({"Jobs": [{"JobId": 1}, {"JobId": 2}]})"), "2");
  EXPECT_EQ(evaluated("Jobs[2]", R"({"Jobs": [1, 2]})"), "null");
  EXPECT_EQ(evaluated("NextMarker || Contents[-1].Key", R"({"Contents": [{"Key": "a"}, {"Key": "b"}]})"), R"("b")");
}

TEST(PathExpression, ProjectsAndFlattensListsOfLists) {
  constexpr std::string_view kMachines = R"({"Reservations": [{"Instances": [{"State": {"Name": "a"}}]},
    {"Instances": [{"State": {"Name": "b"}}, {"State": {}}]}]})";
  EXPECT_EQ(evaluated("Reservations[].Instances[].State.Name", kMachines), R"(["a","b"])");
  EXPECT_EQ(evaluated("Reservations[*].Instances[*].State.Name", kMachines), R"([["a"],["b"]])");
  EXPECT_EQ(evaluated("A.*.S", R"({"A": {"x": {"S": 1}, "y": {"S": 2}}})"), "[1,2]");
  EXPECT_EQ(evaluated("A.*.S[]", R"({"A": {"x": {"S": [1]}, "y": {"S": [2]}}})"), "[1,2]");
  EXPECT_EQ(evaluated("Missing[].X", "{}"), "null");
}

TEST(PathExpression, ComparesAndCountsAsTheWaitersDo) {
  EXPECT_EQ(evaluated("length(Images[]) > `0`", R"({"Images": [1]})"), "true");
  EXPECT_EQ(evaluated("length(DBInstances) == `0`", R"({"DBInstances": []})"), "true");
  EXPECT_EQ(evaluated("length(Output || '') > `0`", R"({})"), "false");
  constexpr std::string_view kStable =
      "length(services[?!(length(deployments) == `1` && runningCount == desiredCount)]) == `0`";
  EXPECT_EQ(evaluated(kStable, R"({"services": [{"deployments": [1], "runningCount": 2, "desiredCount": 2}]})"),
            "true");
  EXPECT_EQ(evaluated(kStable, R"({"services": [{"deployments": [1], "runningCount": 1, "desiredCount": 2}]})"),
            "false");
}

TEST(PathExpression, SaysWhereItCannotBeRead) {
  EXPECT_EQ(evaluated("a.", "{}"), "expected a name at column 3 of 'a.'");
  EXPECT_EQ(evaluated("a[0", "{}"), "expected ']' at column 4 of 'a[0'");
  EXPECT_EQ(evaluated("sort(a)", "{}"), "the function sort is not known here at column 6 of 'sort(a)'");
  EXPECT_FALSE(PathExpression::parse(std::string(1000, '(')));
  EXPECT_FALSE(PathExpression::parse(std::string(1000, '!') + "a"));
}

TEST(PathExpression, KnowsWhetherItIsNothingButNames) {
  EXPECT_EQ(PathExpression::parse("A.B.C")->plain_names(), (std::vector<std::string>{"A", "B", "C"}));
  EXPECT_TRUE(PathExpression::parse("A[0].B")->plain_names().empty());
}

}  // namespace
}  // namespace capstan::aws
