#include "detect/rule_file.h"

#include <gtest/gtest.h>

#include "detect/fake_sources.h"

namespace capstan::detect {
namespace {

RuleFile read(std::string_view text) { return read_rule_file(text, "r.yaml", FakeSignals()); }

TEST(RuleFile, ReadsGroupsAsPrometheusWritesThem) {
  const RuleFile file = read(R"(
groups:
  - name: g
    interval: 30s
    limit: 5
    query_offset: 1m
    labels: { team: a }
    rules:
      - record: job:up:sum
        expr: sum(up) by (job)
        labels: { x: y }
      - alert: Down
        expr: up == 0
        for: 5m
        keep_firing_for: 10m
        labels: { severity: page, team: b }
        annotations: { summary: "{{ $labels.instance }} is down" }
)");
  ASSERT_TRUE(file.problems.empty()) << file.problems.front().to_string();
  const RuleGroup& group = file.groups.front();
  EXPECT_EQ(group.interval, Duration(30'000));
  EXPECT_EQ(group.query_offset, Duration(60'000));
  EXPECT_EQ(group.rules[0].kind, MetricRule::Kind::kRecord);
  EXPECT_EQ(group.rules[0].labels.size(), 2u);
  EXPECT_EQ(group.rules[1].hold, Duration(300'000));
  EXPECT_EQ(group.rules[1].keep_firing_for, Duration(600'000));
  ASSERT_EQ(group.rules[1].labels.size(), 2u);
  EXPECT_EQ(group.rules[1].labels[1].text.text(), "b");  // The rule's own wins over the group's.
}

TEST(RuleFile, SaysEveryMistakeWithItsPlace) {
  const RuleFile file = read(R"(groups:
  - name: g
    rules:
      - alert: A
        expr: up !! 1
        fors: 5m
      - record: 9bad
        expr: x
        annotations: { a: b }
      - alert: B
        expr: x
        annotations: { summary: "{{ $nope }}" }
      - expr: x
  - name: g
)");
  std::vector<std::string> said;
  for (const Error& problem : file.problems) said.push_back(problem.to_string());
  ASSERT_EQ(said.size(), 7u) << testing::PrintToString(said);
  EXPECT_EQ(said[0], "r.yaml:5:18: in 'expr': unexpected '!!'");
  EXPECT_EQ(said[1], "r.yaml:6:9: unknown key 'fors' in a rule (did you mean 'for'?)");
  EXPECT_EQ(said[2], "r.yaml:7:17: '9bad' is no metric name");
  EXPECT_NE(said[3].find("'annotations' has no meaning in a recording rule"), std::string::npos);
  EXPECT_EQ(said[4], "r.yaml:12:37: in the template of 'summary': undefined variable '$nope'");
  EXPECT_NE(said[5].find("a rule needs either 'alert' or 'record'"), std::string::npos);
  EXPECT_NE(said[6].find("the group 'g' appears twice"), std::string::npos);
}

TEST(RuleFile, SaysThatYamlIsBroken) {
  const RuleFile file = read("groups: [");
  ASSERT_EQ(file.problems.size(), 1u);
  EXPECT_NE(file.problems[0].to_string().find("r.yaml:"), std::string::npos);
}

}  // namespace
}  // namespace capstan::detect
