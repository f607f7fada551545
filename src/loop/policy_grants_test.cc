#include "loop/policy_grants.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decide/policy_reader.h"

namespace capstan::loop {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<decide::Policy> policies(const std::string& yaml, const std::string& file) {
  decide::ReadPolicies read = decide::read_policies(parse_yaml(yaml, file).value(), {});
  EXPECT_TRUE(read.problems.empty()) << read.problems.front().to_string();
  return std::move(read.policies);
}

std::string policy(std::string_view name, std::string_view approve, std::string_view grants = "") {
  std::string yaml = fmt::format(
      "policy: {}\nselect: {{ kind: vm, all: true }}\nkeep: {{ state: stopped, by: vm.stop }}\napprove: {}\n", name,
      approve);
  if (!grants.empty()) yaml += fmt::format("grants: [{}]\n", grants);
  return yaml + "---\n";
}

struct Checked {
  std::vector<std::string> told;
  std::vector<std::string> in_force;
  std::set<std::filesystem::path> unread;
};

Checked check(const std::map<std::string, std::string>& files, const std::map<std::string, std::string>& before = {}) {
  const auto read = [](const std::map<std::string, std::string>& texts) {
    PolicyFiles all;
    for (const auto& [file, yaml] : texts) all[file] = policies(yaml, file);
    return all;
  };
  Checked checked;
  PolicyFiles good = read(files);
  for (const Error& error : check_grants(good, read(before), checked.unread)) checked.told.push_back(error.to_string());
  for (const auto& [file, each] : good) {
    for (const decide::Policy& one : each) checked.in_force.push_back(one.name);
  }
  return checked;
}

TEST(PolicyGrants, MayBeOfAnotherFile) {
  const Checked checked = check({{"a.yaml", policy("a", "ask", "b")}, {"b.yaml", policy("b", "standing")}});
  EXPECT_THAT(checked.told, IsEmpty());
  EXPECT_THAT(checked.in_force, ElementsAre("a", "b"));
}

TEST(PolicyGrants, OfNoPolicyAreAMistakeOfTheirFile) {
  const Checked checked = check({{"a.yaml", policy("other", "ask") + policy("a", "ask", "bb")},  //
                                 {"b.yaml", policy("b", "standing")}});
  EXPECT_THAT(checked.told, ElementsAre("a.yaml:10:9: 'grants': there is no policy 'bb' (did you mean 'b'?)"));
  EXPECT_THAT(checked.in_force, ElementsAre("b"));
  EXPECT_THAT(checked.unread, UnorderedElementsAre("a.yaml"));
}

TEST(PolicyGrants, OfWhatAsksEachTimeAreAMistake) {
  const Checked checked = check({{"a.yaml", policy("a", "ask", "b") + policy("b", "ask")}});
  EXPECT_THAT(checked.told,
              ElementsAre("a.yaml:5:9: 'grants': the policy 'b' takes no standing approval: its 'approve' is ask"));
  EXPECT_THAT(checked.in_force, IsEmpty());
}

TEST(PolicyGrants, LeaveTheLastGoodVersionInForce) {
  const std::string good = policy("a", "ask", "b");
  const Checked checked = check({{"a.yaml", policy("a", "ask", "c") + policy("new", "ask")}},
                                {{"a.yaml", good}, {"b.yaml", policy("b", "standing")}});
  EXPECT_EQ(checked.told.size(), 1u) << "what has been good is not told a second time";
  EXPECT_THAT(checked.in_force, ElementsAre("a"));
  EXPECT_THAT(checked.unread, IsEmpty());
}

TEST(PolicyGrants, OfWhatFallsWithItsFileAreAMistake) {
  const Checked checked = check({{"a.yaml", policy("a", "ask", "b")}, {"b.yaml", policy("b", "standing", "nobody")}});
  EXPECT_EQ(checked.told.size(), 2u);
  EXPECT_THAT(checked.in_force, IsEmpty());
}

TEST(PolicyGrants, OfWhatIsTriedMayBeOfWhatIsInForce) {
  const PolicyFiles in_force = {{"b.yaml", policies(policy("b", "standing"), "b.yaml")}};
  EXPECT_TRUE(check_grants(policies(policy("a", "ask", "b"), "a.yaml"), in_force));
  EXPECT_FALSE(check_grants(policies(policy("a", "ask", "b") + policy("b", "ask"), "a.yaml"), in_force))
      << "it stands in for the one in force";
  EXPECT_FALSE(check_grants(policies(policy("a", "ask", "c"), "a.yaml"), in_force));
}

}  // namespace
}  // namespace capstan::loop
