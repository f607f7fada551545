#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/config.h"
#include "base/file.h"
#include "decide/notice.h"
#include "decide/policy_reader.h"
#include "decide/policy_trial.h"
#include "decide/scratch_sql.h"

namespace capstan::decide {
namespace {

std::vector<ConfigNode> documents(const std::string& yaml) {
  auto parsed = parse_yaml(yaml, "p.yaml");
  EXPECT_TRUE(parsed.has_value()) << (parsed ? "" : parsed.error().to_string());
  return parsed.value_or(std::vector<ConfigNode>());
}

std::string problems_of(const std::string& yaml) {
  std::string text;
  for (const Error& error : read_policies(documents(yaml), {}).problems) text += error.to_string() + "\n";
  return text;
}

TEST(LabelSelector, SaysTheSameInSqlOverTheLabelTable) {
  const std::vector<Resource> resources = {
      {.id = "a", .kind = "vm", .name = "a", .labels = {{"env", "dev"}, {"tier", "web"}}, .fields = {}},
      {.id = "b", .kind = "vm", .name = "b", .labels = {{"env", "it's"}, {"empty", ""}}, .fields = {}},
      {.id = "c", .kind = "vm", .name = "c", .labels = {}, .fields = {}}};
  const auto sql = ScratchSql::make(resources).value();
  for (const char* text : {"env=dev", "env!=dev", "env", "!env", "env in (dev,x)", "env notin (dev)",
                           "tier=", "tier!=", "empty=", "empty", "env=dev,!x"}) {
    const LabelSelector selector = LabelSelector::parse(text).value();
    const Table rows = sql->query("SELECT id FROM vm WHERE " + selector.to_sql("vm.id"), Time(), {}).value();
    std::string by_sql;
    std::string by_labels;
    for (const auto& row : rows.rows) by_sql += to_text(row[0]);
    for (const Resource& resource : resources) by_labels += selector.matches(resource.labels) ? resource.id : "";
    EXPECT_EQ(by_sql, by_labels) << text;
  }
}

TEST(PolicyReader, ReadsTheWholeLanguage) {
  const auto read = read_policies(documents(R"yaml(
policy: full
help: everything at once
zone: Asia/Seoul
select: { kind: vm, labels: "env=dev", where: "cpu > 3" }
never: [ { labels: "data=sensitive" }, { where: "frozen = 1" } ]
keep: { state: running, column: mode, is: [on, busy], by: x.start, with: { fast: true } }
otherwise: stopped
during: [ "Mon-Fri 09:00-18:00", "Sat 10:00-12:00 Europe/Berlin" ]
except: calendar/kr
order: depends-on
limits: { in_flight: 10%, rate: 50/min, total: 7 }
verify: { query: up == 1, within: 2m }
undo: never
approve: standing
cooldown: PT1H
manual: { respect: PT4H }
)yaml"),
                                  {});
  ASSERT_TRUE(read.problems.empty()) << read.problems.front().to_string();
  const Policy& policy = read.policies.at(0);
  EXPECT_EQ(policy.never.size(), 2u);
  EXPECT_EQ(policy.never[1].kind, "vm");
  EXPECT_EQ(policy.ensure->inside.values, (std::vector<std::string>{"on", "busy"}));
  EXPECT_EQ(policy.limits.per_minute, 50);
  EXPECT_DOUBLE_EQ(policy.limits.in_flight_share, 0.1);
  EXPECT_EQ(policy.verify_within, Duration(120'000));
  EXPECT_FALSE(policy.undo_on_failure);
  EXPECT_EQ(policy.respect_manual, Duration(4 * 3'600'000));
}

TEST(PolicyReader, CountsNeitherCommentsNorLayoutInTheVersion) {
  const auto version = [](const char* yaml) { return read_policies(documents(yaml), {}).policies.at(0).version; };
  const char* plain = "policy: x\nselect: { kind: vm, all: true }\nkeep: running\n";
  EXPECT_EQ(version(plain), version("# a comment\npolicy: x\nkeep:   running\nselect:\n  kind: vm\n  all: true\n"));
  EXPECT_NE(version(plain), version("policy: x\nselect: { kind: vm, all: true }\nkeep: stopped\n"));
}

TEST(PolicyReader, TellsEveryMistakeAtItsLine) {
  EXPECT_EQ(problems_of("policy: x\nselect: { kind: vm, lables: a }\nkeep: running\nlimits: { rate: fast }\n"),
            "p.yaml:2:21: unknown key 'lables' in 'select' (did you mean 'labels'?)\n"
            "p.yaml:4:17: 'rate' must be a number a minute, like 50/min\n");
  EXPECT_EQ(problems_of("policy: x\nselect: { kind: vm, all: true }\nkeep: running\n---\npolicy: x\nselect: { kind: "
                        "vm, all: true }\nkeep: stopped\n"),
            "p.yaml:5:1: the policy 'x' is already at p.yaml:1\n");
}

TEST(PolicyReader, AKeyWithoutAValueIsNotAsIfItWereNotThere) {
  const std::string policy = "policy: x\nselect: { kind: vm, all: true }\nkeep: { state: up, by: x.start }\n";
  for (const char* key : {"during", "except", "never", "limits", "verify", "zone"})
    EXPECT_EQ(problems_of((policy + key + ":\n").c_str()),
              fmt::format("p.yaml:4:1: '{}' has no value: write one, or leave the key out\n", key));
  EXPECT_NE(problems_of((policy + "limits: { total: }\n").c_str()), "");
  EXPECT_NE(problems_of((policy + "never: []\n").c_str()), "");
  EXPECT_EQ(problems_of("policy: x\nselect: { kind: vm, all: true }\n"
                        "when: { cron: '0 9 * * *', zone: UTC }\ndo: [{ x.tag: { value: null } }]\n"),
            "")
      << "a parameter of a verb may be null";
}

TEST(PolicyReader, TakesAConditionThatIsTheSameForEveryResourceForNone) {
  const auto sql = ScratchSql::make({{.id = "a", .kind = "vm", .name = "a", .labels = {}, .fields = {}}}).value();
  const auto is_refused = [&](const std::string& where) {
    Vocabulary vocabulary;
    vocabulary.sql = sql.get();
    const auto read = read_policies(
        documents("policy: x\nselect: { kind: vm, where: \"" + where + "\" }\nkeep: { state: up, by: x.start }\n"),
        vocabulary);
    return !read.problems.empty() && read.problems.front().message.starts_with("this selects every vm");
  };
  EXPECT_TRUE(is_refused("1 = 1"));
  EXPECT_TRUE(is_refused("now > '2026-01-08' OR true"));
  EXPECT_FALSE(is_refused("name LIKE 'dev-%'"));
  EXPECT_FALSE(is_refused("EXISTS (SELECT 1 FROM vm other WHERE other.name = vm.name)"));
}

TEST(PolicyReader, KnowsTheKeysOfItsSchemaAndNoOthers) {
  const Json schema =
      Json::parse(read_file(CAPSTAN_SOURCE_DIR "/docs/reference/policy.schema.json").value(), "policy.schema.json")
          .value();
  std::string keys;
  for (const auto& [key, value] : schema["properties"].members()) keys += (keys.empty() ? "" : ", ") + key;
  const std::string problems = problems_of("policy: x\nselect: { kind: vm, all: true }\nkeep: running\nzzzzzzzz: 1\n");
  EXPECT_EQ(problems, "p.yaml:4:1: unknown key 'zzzzzzzz' in a policy; expected one of: " + keys + "\n");
}

TEST(Notices, AreToldOnceForTheShortestLead) {
  const auto read = read_policies(documents(R"(
policy: offboard
select: { kind: account, where: "ends_on < now" }
when: { cron: "0 0 * * *", zone: UTC }
do: [ close ]
warn: { to: owner, before: [P7D, P1D] }
)"),
                                  {});
  ASSERT_TRUE(read.problems.empty()) << read.problems.front().to_string();
  const auto account = [](const char* id, const char* ends) {
    return Resource{.id = id, .kind = "account", .name = id, .labels = {}, .fields = Json::object({{"ends_on", ends}})};
  };
  const std::vector<Resource> resources = {account("a/over", "2026-01-01"), account("a/soon", "2026-01-08T20:00"),
                                           account("a/week", "2026-01-12"), account("a/far", "2026-03-01")};
  const auto sql = ScratchSql::make(resources).value();
  const auto notices =
      due_notices(read.policies[0], *sql, ScratchResources(resources), parse_time("2026-01-08T00:00:00Z").value());
  ASSERT_TRUE(notices.has_value());
  ASSERT_EQ(notices->size(), 2u);
  EXPECT_EQ((*notices)[0].resource, "a/soon");
  EXPECT_EQ((*notices)[0].before, Duration(86'400'000));
  EXPECT_EQ((*notices)[1].resource, "a/week");
  EXPECT_EQ((*notices)[1].to, "owner");
  EXPECT_NE((*notices)[0].id, (*notices)[1].id);
}

constexpr const char* kOfficeHours = R"(
policy: office-hours
select: { kind: vm, labels: "env=dev" }
keep: { state: running, by: x.start }
otherwise: { state: stopped, by: x.stop }
during: Mon-Fri 09:00-18:00 Asia/Seoul
---
test: sleeps in the evening
resources:
  - { id: vm/1, labels: { env: dev }, fields: { state: running } }
  - { id: vm/2, labels: { env: prod }, fields: { state: running } }
at: [ "2026-01-08T18:00:00+09:00", "2026-01-10T12:00:00+09:00" ]
expect:
  - { action: stop, on: vm/1, because: outside }
  - { no_action_on: vm/2, because: not selected }
)";

TEST(PolicyTests, PassWhenWhatIsExpectedHappens) {
  const PolicyTestReport report = run_policy_tests(documents(kOfficeHours), {});
  for (const auto& failure : report.failures) ADD_FAILURE() << failure.to_string();
  for (const auto& problem : report.problems) ADD_FAILURE() << problem.to_string();
  EXPECT_EQ(report.passed, 1);
}

TEST(PolicyTests, FailWithLineExpectedAndGot) {
  const PolicyTestReport report = run_policy_tests(
      documents(std::string(kOfficeHours) +
                "---\ntest: wrong\nresources: [ { id: vm/1, labels: { env: dev }, fields: { state: running } } ]\n"
                "at: 2026-01-08T12:00:00+09:00\nexpect:\n  - { action: stop, on: vm/1 }\n"),
      {});
  EXPECT_EQ(report.passed, 1);
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_EQ(report.failures[0].to_string(),
            "p.yaml:21: wrong\n  expected: at 2026-01-08T03:00:00.000Z: stop on vm/1\n"
            "  got:      no action on vm/1 because \"is running as wanted: within Mon-Fri 09:00-18:00\"");
}

TEST(PolicyTests, FailForAnActionThatNobodyExpected) {
  const PolicyTestReport report = run_policy_tests(
      documents(std::string(kOfficeHours) +
                "---\ntest: calm\nresources: [ { id: vm/1, labels: { env: dev }, fields: { state: running } } ]\n"
                "at: 2026-01-08T22:00:00+09:00\nexpect: nothing\n"),
      {});
  EXPECT_EQ(report.failures.size(), 1u);
}

TEST(PolicyTests, RefuseWhatTheyCannotRead) {
  const auto problem = [](const char* yaml) {
    return run_policy_tests(documents(yaml), {}).problems.at(0).to_string();
  };
  EXPECT_EQ(problem("test: x\nat: 2026-01-08T00:00:00Z\nexpct: nothing\n").find("p.yaml:1"), 0u);
  EXPECT_NE(
      problem("test: x\npolicy: nope\nat: 2026-01-08T00:00:00Z\nexpect: nothing\n").find("no policy is named 'nope'"),
      std::string::npos);
}

}  // namespace
}  // namespace capstan::decide
