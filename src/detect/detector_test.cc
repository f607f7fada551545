#include "detect/detector.h"
#include "detect/rule_this.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "detect/fake_sources.h"

namespace capstan::detect {
namespace {

constexpr std::string_view kRules = R"(
groups:
  - name: g
    rules:
      - alert: Down
        expr: up == 0
        for: 30s
        labels: { severity: page }
        annotations:
          summary: "{{ $labels.instance }} is down"
          remedy: restart it
          causes_by: topk(3, x)
          verbs: "host.a, host.b"
      - record: sum:x
        expr: sum(x)
)";

class DetectorTest : public testing::Test {
 protected:
  void load(std::string_view text, std::string path = "r.yaml", DetectFile::Kind kind = DetectFile::Kind::kAlerts) {
    problems = detector->load({{kind, std::move(path), std::string(text)}});
  }
  Detector::Round at(int seconds) { return detector->evaluate(start + Duration(seconds * 1000)); }
  void restart() { detector = std::make_unique<Detector>(Detector::Sources{signals, sql, logs}, DetectorOptions{}); }
  static const Findings* of(const Detector::Round& round, std::string_view source) {
    const auto found = std::ranges::find(round.findings, source, &Findings::source);
    return found == round.findings.end() ? nullptr : &*found;
  }
  static std::optional<double> sample(const Detector::Round& round, std::string_view series) {
    for (const SeriesSample& one : round.samples) {
      if (one.labels.to_string() == series) return one.sample.value;
    }
    return std::nullopt;
  }

  const Time start = from_unix_ms(1'700'000'000'000);
  FakeSignals signals;
  FakeSql sql;
  FakeLogs logs;
  std::unique_ptr<Detector> detector =
      std::make_unique<Detector>(Detector::Sources{signals, sql, logs}, DetectorOptions{});
  std::vector<Error> problems;
};

constexpr std::string_view kSource = "alerts:r.yaml:g";
constexpr std::string_view kPending = R"(ALERTS{alertname="Down",alertstate="pending",instance="a",severity="page"})";
constexpr std::string_view kFiring = R"(ALERTS{alertname="Down",alertstate="firing",instance="a",severity="page"})";
constexpr std::string_view kSince = R"(ALERTS_FOR_STATE{alertname="Down",instance="a",severity="page"})";

TEST_F(DetectorTest, AnAlertIsPendingThenFiresThenEnds) {
  load(kRules);
  ASSERT_TRUE(problems.empty());
  signals.set("up == 0", {Labels{{"__name__", "up"}, {"instance", "a"}}}, 0);
  Detector::Round round = at(0);
  EXPECT_TRUE(of(round, kSource)->holding.empty());
  EXPECT_EQ(sample(round, kPending), 1);
  EXPECT_EQ(sample(round, kSince), 1'700'000'000);

  at(15);
  round = at(30);
  ASSERT_EQ(of(round, kSource)->holding.size(), 1u);
  EXPECT_EQ(sample(round, kFiring), 1);
  EXPECT_TRUE(is_stale(*sample(round, kPending)));
  const Finding& finding = of(round, kSource)->holding.front();
  EXPECT_EQ(finding.rule, "Down");
  EXPECT_EQ(finding.severity, Severity::kCritical);
  EXPECT_EQ(finding.says, "a is down");
  EXPECT_EQ(finding.remedy, "restart it");
  EXPECT_EQ(finding.causes_by, "topk(3, x)");
  EXPECT_EQ(finding.verbs, (std::vector<std::string>{"host.a", "host.b"}));
  EXPECT_EQ(finding.since, start);
  ASSERT_EQ(finding.evidence.size(), 1u);
  EXPECT_EQ(finding.evidence[0].series.size(), 1u);

  signals.set("up == 0", {});
  round = at(45);
  EXPECT_TRUE(of(round, kSource)->holding.empty());
  EXPECT_TRUE(is_stale(*sample(round, kFiring)));
  EXPECT_TRUE(is_stale(*sample(round, kSince)));
}

TEST_F(DetectorTest, GroupsAreEvaluatedWhenTheyAreDueOnly) {
  load(kRules);
  EXPECT_NE(of(at(0), kSource), nullptr);
  EXPECT_EQ(of(at(5), kSource), nullptr);
  EXPECT_NE(of(at(15), kSource), nullptr);
}

TEST_F(DetectorTest, KeepsFiringForAsLongAsAsked) {
  load("groups: [{name: g, rules: [{alert: Down, expr: e, keep_firing_for: 1m}]}]");
  signals.set("e", {Labels{{"instance", "a"}}});
  EXPECT_EQ(of(at(0), kSource)->holding.size(), 1u);
  signals.set("e", {});
  EXPECT_EQ(of(at(15), kSource)->holding.size(), 1u);
  EXPECT_EQ(of(at(60), kSource)->holding.size(), 1u);
  EXPECT_EQ(of(at(75), kSource)->holding.size(), 0u);
}

TEST_F(DetectorTest, ARuleThatFailsIsToldKeepsItsFindingsAndStopsNoOther) {
  load("groups: [{name: g, rules: [{alert: Down, expr: e}, {record: r, expr: x}]}]");
  signals.set("e", {Labels{{"instance", "a"}}});
  signals.set("x", {Labels{}}, 5);
  at(0);
  signals.answers.insert_or_assign("e", fail(ErrorCode::kDeadlineExceeded, "too slow"));
  const Detector::Round round = at(15);
  EXPECT_EQ(of(round, kSource)->holding.size(), 1u);
  EXPECT_EQ(sample(round, "r"), 5);
  EXPECT_EQ(detector->health().front().error, "too slow");
}

TEST_F(DetectorTest, SeriesThatBecomeOneAreAnError) {
  load("groups: [{name: g, rules: [{alert: A, expr: e, labels: {instance: same}}]}]");
  signals.set("e", {Labels{{"instance", "a"}}, Labels{{"instance", "b"}}});
  at(0);
  EXPECT_NE(detector->health().front().error.find("same labelset"), std::string::npos);
}

TEST_F(DetectorTest, RecordsAndMarksWhatNoLongerComes) {
  load("groups: [{name: g, rules: [{record: r, expr: x, labels: {l: '1'}}]}]");
  signals.set("x", {Labels{{"__name__", "x"}, {"a", "1"}}, Labels{{"a", "2"}}}, 3);
  Detector::Round round = at(0);
  EXPECT_EQ(sample(round, R"(r{a="1",l="1"})"), 3);
  signals.set("x", {Labels{{"a", "2"}}}, 4);
  round = at(15);
  EXPECT_TRUE(is_stale(*sample(round, R"(r{a="1",l="1"})")));
  EXPECT_EQ(sample(round, R"(r{a="2",l="1"})"), 4);
}

const std::string kAskedLast =
    R"(last_over_time(capstan_detect_last_evaluation_timestamp_seconds{instance="",job=""}[1h]))";

TEST_F(DetectorTest, ATimeOfTheLastEvaluationThatCannotBeOursIsNotBelieved) {
  signals.set("up == 0", {Labels{{"instance", "a"}}}, 0);
  for (const double last : {std::nan(""), -1.0, 1e300, to_unix_seconds(start) + 60}) {
    restart();
    load(kRules);
    signals.asked.clear();
    signals.set(kAskedLast, {Labels{}}, last);
    at(0);
    ASSERT_FALSE(signals.asked.empty());
    EXPECT_EQ(signals.asked.front().first, kAskedLast);
    for (const auto& [promql, when] : signals.asked) EXPECT_EQ(promql.find("ALERTS_FOR_STATE"), std::string::npos);
  }
}

TEST_F(DetectorTest, AfterARestartWhatFiredFiresAndWhatWaitedHasWaited) {
  const std::string before = "ALERTS_FOR_STATE{alertname=\"Down\"}";
  load(kRules);
  signals.set("up == 0", {Labels{{"instance", "fired"}}, Labels{{"instance", "waited"}}, Labels{{"instance", "new"}}});
  const double down = to_unix_seconds(start) - 100;
  signals.set(kAskedLast, {Labels{}}, down);
  signals.answers.insert_or_assign(
      before,
      std::vector<SeriesSample>{
          {Labels{{"__name__", "ALERTS_FOR_STATE"}, {"alertname", "Down"}, {"instance", "fired"}, {"severity", "page"}},
           {0, down - 40}},
          {Labels{
               {"__name__", "ALERTS_FOR_STATE"}, {"alertname", "Down"}, {"instance", "waited"}, {"severity", "page"}},
           {0, down - 20}}});
  Detector::Round round = at(0);
  ASSERT_EQ(of(round, kSource)->holding.size(), 1u);
  EXPECT_EQ(of(round, kSource)->holding.front().labels.get("instance"), "fired");
  EXPECT_EQ(of(round, kSource)->holding.front().since, start - Duration(140'000));
  round = at(15);  // 20 s before the restart and 15 s after it are 30 s and more.
  EXPECT_EQ(of(round, kSource)->holding.size(), 2u);
}

TEST_F(DetectorTest, TheLastGoodVersionOfAFileStaysInForce) {
  load(kRules);
  signals.set("up == 0", {Labels{{"instance", "a"}}}, 0);
  at(0);
  at(15);
  load("groups: [{name: g, rules: [{alert: Down, expr: '!!'}]}]");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(of(at(30), kSource)->holding.size(), 1u);
}

TEST_F(DetectorTest, AReloadKeepsAlertsOfRulesThatStay) {
  load(kRules);
  signals.set("up == 0", {Labels{{"instance", "a"}}}, 0);
  at(0);
  at(15);
  load(std::string(kRules) + "      - alert: Other\n        expr: y\n");
  ASSERT_TRUE(problems.empty());
  EXPECT_EQ(of(at(30), kSource)->holding.size(), 1u);
}

TEST_F(DetectorTest, AFileThatGoesEndsItsFindingsAndSeries) {
  load("groups: [{name: g, rules: [{alert: Down, expr: e}]}]");
  signals.set("e", {Labels{{"instance", "a"}}});
  at(0);
  detector->load({});
  const Detector::Round round = at(15);
  ASSERT_NE(of(round, kSource), nullptr);
  EXPECT_TRUE(of(round, kSource)->holding.empty());
  EXPECT_TRUE(is_stale(*sample(round, R"(ALERTS{alertname="Down",alertstate="firing",instance="a"})")));
  EXPECT_TRUE(of(at(30), kSource) == nullptr);
}

TEST_F(DetectorTest, FindsTheResourceOfAnAlert) {
  sql.ids = {"host_process/7", "prometheus_target/node/web1:9100"};
  sql.hosts = {{"web2", "host/2"}};
  load(
      R"(groups: [{name: g, rules: [{alert: A, expr: e}, {alert: B, expr: e, annotations: {resource: "x/{{ $labels.instance }}"}}]}])");
  const struct {
    Labels labels;
    std::string expected;
  } cases[] = {{Labels{{"process", "host_process/7"}, {"instance", "web2:1"}}, "host_process/7"},
               {Labels{{"job", "node"}, {"instance", "web1:9100"}}, "prometheus_target/node/web1:9100"},
               {Labels{{"job", "node"}, {"instance", "web2:9100"}}, "host/2"},
               {Labels{{"instance", "other"}}, ""}};
  int second = 0;
  for (const auto& one : cases) {
    signals.set("e", {one.labels});
    const Detector::Round round = at(second += 15);
    ASSERT_EQ(of(round, kSource)->holding.size(), 2u);
    EXPECT_EQ(of(round, kSource)->holding[0].resource, one.expected);
    EXPECT_EQ(of(round, kSource)->holding[1].resource, "x/" + std::string(one.labels.get("instance")));
  }
}

constexpr std::string_view kSqlRules = R"(
rule: full
severity: high
find: SELECT id, name, used FROM t
says: "{{name}} is {{ used }} % full, {{nope}}"
remedy: make room
every: 10s
for: 10s
---
rule: odd
select: { kind: host_process, labels: "env=dev,tier!=db", where: "pid > 5" }
says: odd
)";

TEST_F(DetectorTest, SqlRulesFindRows) {
  load(kSqlRules, "rules.yaml", DetectFile::Kind::kSqlRules);
  ASSERT_TRUE(problems.empty()) << problems.front().to_string();
  sql.answers.emplace("SELECT id, name, used FROM t",
                      Table{{"id", "name", "used"}, {{std::string("fs/1"), std::string("/var"), int64_t{97}}}, false});
  EXPECT_TRUE(of(at(0), "sql:rules.yaml:full")->holding.empty());
  const Detector::Round round = at(10);
  ASSERT_EQ(of(round, "sql:rules.yaml:full")->holding.size(), 1u);
  const Finding& finding = of(round, "sql:rules.yaml:full")->holding.front();
  EXPECT_EQ(finding.resource, "fs/1");
  EXPECT_EQ(finding.says, "/var is 97 % full, <no column 'nope'>");
  EXPECT_EQ(finding.since, start);
  EXPECT_EQ(finding.severity, Severity::kHigh);
}

TEST_F(DetectorTest, WhatHeldBeforeARestartIsTheSameFinding) {
  load(kSqlRules, "rules.yaml", DetectFile::Kind::kSqlRules);
  sql.answers.emplace("SELECT id, name, used FROM t",
                      Table{{"id", "name", "used"}, {{std::string("fs/1"), std::string("/"), int64_t{1}}}, false});
  at(0);
  const Finding before = of(at(10), "sql:rules.yaml:full")->holding.front();
  restart();
  detector->restore({before});
  load(kSqlRules, "rules.yaml", DetectFile::Kind::kSqlRules);
  const Detector::Round round = at(20);
  ASSERT_EQ(of(round, "sql:rules.yaml:full")->holding.size(), 1u);
  EXPECT_EQ(of(round, "sql:rules.yaml:full")->holding.front().id, before.id);
  EXPECT_EQ(of(round, "sql:rules.yaml:full")->holding.front().since, before.since);
}

TEST(SqlRule, TheShortFormBecomesSql) {
  const SqlRuleFile file = read_sql_rules(kSqlRules, "rules.yaml", FakeSql());
  ASSERT_EQ(file.rules.size(), 2u);
  EXPECT_EQ(file.rules[1].sql,
            "SELECT * FROM host_process WHERE EXISTS (SELECT 1 FROM label WHERE label.resource = host_process.id AND "
            "label.name = 'env' AND label.value IN ('dev')) AND NOT EXISTS (SELECT 1 FROM label WHERE label.resource = "
            "host_process.id AND label.name = 'tier' AND label.value IN ('db')) AND (pid > 5\n)");
}

TEST(SqlRule, SaysWhatIsWrongWhere) {
  const SqlRuleFile file =
      read_sql_rules("rule: a\nfind: SELEC x\nsays: '{{a b}}'\nsevrity: high\n", "rules.yaml", FakeSql());
  ASSERT_EQ(file.problems.size(), 3u);
  EXPECT_EQ(file.problems[0].to_string(), "rules.yaml:2:7: in the SQL: near \"SELEC\": syntax error");
  EXPECT_NE(file.problems[1].to_string().find("rules.yaml:3:7: 'says': '{{a b}}' is no placeholder"),
            std::string::npos);
  EXPECT_NE(file.problems[2].to_string().find("did you mean 'severity'"), std::string::npos);
}

TEST(SqlRule, WhatARowExplainsIsAPatternALine) {
  const SqlRuleFile file = read_sql_rules(
      "rule: a\nfind: SELECT id, seen FROM t\nsays: it is wrong\nexplains: \"{{seen}}\"\n", "rules.yaml", FakeSql());
  ASSERT_TRUE(file.problems.empty()) << file.problems.front().to_string();
  const Table table{{"id", "seen"}, {{std::string("x/1"), std::string("%refused%\n\n  %timed out% \n")}}, false};
  const std::vector<Finding> findings = findings_of(file.rules[0], table).value();
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].explains, (std::vector<std::string>{"%refused%", "%timed out%"}));
  EXPECT_EQ(Finding::from_json(findings[0].to_json()).explains, findings[0].explains);
}

TEST(SqlRule, APlaceholderOfExplainsIsChecked) {
  const SqlRuleFile file =
      read_sql_rules("rule: a\nfind: SELECT 1\nsays: x\nexplains: \"{{a b}}\"\n", "rules.yaml", FakeSql());
  ASSERT_EQ(file.problems.size(), 1u);
  EXPECT_NE(file.problems[0].to_string().find("rules.yaml:4:11: 'explains': '{{a b}}' is no placeholder"),
            std::string::npos)
      << file.problems[0].to_string();
}

std::vector<KindSpec> two_kinds() {
  std::vector<KindSpec> kinds(2);
  kinds[0] = {.name = "pod", .columns = {{.name = "phase"}, {.name = "node"}}};
  kinds[1] = {.name = "job", .columns = {{.name = "phase"}}};
  return kinds;
}

TEST(SqlRule, ASharedConditionStandsInTheOnOfRules) {
  const SqlRuleFile file = read_sql_rules(
      "subset: standing\nof: [pod, job]\nwhere: this.phase <> 'Done'\n---\nrule: a\non: standing\nwhere: name = 'x'\n"
      "says: s\n",
      "rules.yaml", FakeSql(), two_kinds());
  ASSERT_TRUE(file.problems.empty()) << file.problems.front().to_string();
  ASSERT_EQ(file.rules.size(), 1u);
  const SqlRule& rule = file.rules[0];
  EXPECT_EQ(rule.on, (std::vector<std::string>{"pod", "job"}));
  EXPECT_EQ(rule.sql,
            "WITH this AS (SELECT this.id, this.name, this.phase FROM pod this WHERE 1 AND (this.phase <> 'Done'\n) "
            "UNION ALL SELECT this.id, this.name, this.phase FROM job this WHERE 1 AND (this.phase <> 'Done'\n)) "
            "SELECT this.* FROM this WHERE (name = 'x'\n)");
  EXPECT_EQ(with_this_known(rule, two_kinds(), "ids").find("Done"), std::string::npos) << "it is known to hold";
  EXPECT_NE(with_this_among(rule, two_kinds(), "ids").find("Done"), std::string::npos);
}

TEST(SqlRule, SaysWhatIsWrongWithASharedCondition) {
  const SqlRuleFile file = read_sql_rules(
      "subset: pod\nof: jop\nwhere: a\n---\nsubset: s\nof: pod\n---\nrule: a\non: t\nwhere: name = 'x'\nsays: s\n",
      "rules.yaml", FakeSql(), two_kinds());
  std::string problems;
  for (const Error& problem : file.problems) problems += problem.to_string() + "\n";
  EXPECT_EQ(problems,
            "rules.yaml:1:9: there is another 'pod'\n"
            "rules.yaml:2:5: no kind 'jop' (did you mean 'job'?)\n"
            "rules.yaml:5:1: a subset needs 'where'\n"
            "rules.yaml:9:5: no kind 't'\n");
}

TEST(DetectFiles, AreFoundInPacksAndBesideThem) {
  std::string name = "/tmp/capstan-detect-XXXXXX";
  const std::filesystem::path directory = mkdtemp(name.data());
  for (const char* path :
       {"host/alerts/b.yaml", "host/alerts/a.yaml", "host/rules.yaml", "alerts/own.yaml", "host/kinds.yaml"}) {
    std::filesystem::create_directories((directory / path).parent_path());
    std::ofstream(directory / path) << "x";
  }
  std::vector<Error> problems;
  const std::vector<DetectFile> files = read_detect_files({directory}, problems);
  std::filesystem::remove_all(directory);
  EXPECT_TRUE(problems.empty());
  std::vector<std::string> found;
  for (const DetectFile& file : files)
    found.push_back(std::filesystem::path(file.path).lexically_relative(directory).string());
  EXPECT_EQ(found, (std::vector<std::string>{"alerts/own.yaml", "host/alerts/a.yaml", "host/alerts/b.yaml",
                                             "host/rules.yaml"}));
}

}  // namespace
}  // namespace capstan::detect
