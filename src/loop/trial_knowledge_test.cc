// Tests of policies over what packs describe, as `capstan test` runs them.
#include "loop/trial_knowledge.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "catalog/test_catalog.h"

namespace capstan::loop {
namespace {

using catalog::must;
using testing::HasSubstr;

const std::filesystem::path kPacks = std::string(CAPSTAN_SOURCE_DIR) + "/packs";

TEST(TrialKnowledge, ThePoliciesOfTheTrialPackPassTheirOwnTests) {
  const TrialKnowledge known = must(TrialKnowledge::read({kPacks / "trial-accounts"}, kPacks));
  for (const Error& problem : known.problems()) ADD_FAILURE() << problem.to_string();
  const decide::PolicyTestReport report = decide::run_policy_tests(known.documents(), known.world({}));
  for (const auto& failure : report.failures) ADD_FAILURE() << failure.to_string();
  for (const auto& problem : report.problems) ADD_FAILURE() << problem.to_string();
  EXPECT_GE(report.passed, 16);
}

class TrialFileTest : public testing::Test {
 protected:
  TrialFileTest() : directory_(std::filesystem::temp_directory_path() / fmt::format("capstan-trial-{}", getpid())) {
    std::filesystem::create_directories(directory_);
  }
  ~TrialFileTest() override { std::filesystem::remove_all(directory_); }

  // Of one file of the user's; it lives as long as the test.
  decide::PolicyTestReport run(std::string_view text) {
    std::ofstream(directory_ / "p.yaml") << text;
    known_.emplace(must(TrialKnowledge::read({directory_ / "p.yaml"}, kPacks)));
    problems_ = known_->problems();
    return decide::run_policy_tests(known_->documents(), known_->world({}));
  }
  std::string only_problem(std::string_view text) {
    const decide::PolicyTestReport report = run(text);
    EXPECT_EQ(report.problems.size() + problems_.size(), 1u);
    const std::string all = report.problems.empty() ? problems_.at(0).to_string() : report.problems.at(0).to_string();
    return all.substr(all.find("p.yaml"));
  }

  std::filesystem::path directory_;
  std::optional<TrialKnowledge> known_;
  std::vector<Error> problems_;
};

constexpr std::string_view kPolicy = R"(policy: up
select: { kind: vm, all: true }
keep: { state: running, by: x.start }
limits: { in_flight: 5, canary: false, budget: { per_hour: 5 USD } }
approve: none
---
verb: x.start
danger: safe
on: vm
leaves: { state: running, size: big }
---
kind: vm
columns: { state: { type: text }, size: { type: text } }
---
)";

// Starting leaves a big one behind, whatever it was: that decides what it costs.
TEST_F(TrialFileTest, AVerbsEffectAndTheTestsPricesDecideWhatABudgetBears) {
  const decide::PolicyTestReport report = run(std::string(kPolicy) + R"(test: two of three
prices:
  - { price: vms, currency: USD, of: { kind: vm }, while: "state = 'running'", per_hour: { by: size, table: { big: 2.0, small: 1.0 } }, stopped: { per_hour: 0.1 } }
resources:
  - { id: vm/a, fields: { state: stopped, size: small } }
  - { id: vm/b, fields: { state: stopped, size: small } }
  - { id: vm/c, fields: { state: stopped, size: small } }
at: 2026-01-08T10:00:00Z
expect:
  - { action: start, on: vm/a }
  - { action: start, on: vm/b }
  - { no_action_on: vm/c, because: "over the budget of 5.00 USD an hour: 4.10 USD without it, 6.00 USD with it" }
---
test: a day counts what was spent
budget: { per_day: 30 USD }
spent: { vm/a: { today: 10 USD } }
prices: [ { price: vms, currency: USD, of: { kind: vm }, while: "state = 'running'", per_hour: 2 } ]
resources: [ { id: vm/a, fields: { state: stopped, size: small } } ]
at: 2026-01-08T10:00:00Z
expect:
  - { no_action_on: vm/a, because: "over the budget of 30.00 USD a day: 10.00 USD without it, 38.00 USD with it" }
---
test: without a price it is asked for and done
resources: [ { id: vm/a, fields: { state: stopped, size: small } } ]
at: 2026-01-08T10:00:00Z
expect: [ { action: start, on: vm/a } ]
)");
  for (const auto& failure : report.failures) ADD_FAILURE() << failure.to_string();
  for (const auto& problem : report.problems) ADD_FAILURE() << problem.to_string();
  EXPECT_EQ(report.passed, 3);
}

TEST_F(TrialFileTest, MistakesAreNamedWithTheirLines) {
  const auto with = [&](std::string_view line) {
    return only_problem(
        std::string(kPolicy) + "test: t\n" + std::string(line) +
        "\nresources: [ { id: vm/a, fields: { state: stopped } } ]\nat: 2026-01-08T10:00:00Z\nexpect: []\n");
  };
  EXPECT_THAT(with("freezes: [ year-end ]"), testing::StartsWith("p.yaml:16"));
  EXPECT_THAT(with("freezes: [ year-end ]"), HasSubstr("no freeze is named 'year-end'"));
  EXPECT_THAT(with("freezes: [ { freeze: f, during: never, zone: UTC } ]"), testing::StartsWith("p.yaml:16"));
  EXPECT_THAT(with("freezes: [ { during: daily } ]"), HasSubstr("a map with the key 'freeze'"));
  EXPECT_THAT(with("budget: { per_hour: 5 }"), HasSubstr("'5' is no sum of money, like 20 USD"));
  EXPECT_THAT(with("spent: { vm/a: { today: 1 USD, this_month: 1 KRW } }"), HasSubstr("in one currency"));
  EXPECT_THAT(with("spent: { vm/a: { to_day: 1 USD } }"), HasSubstr("to_day"));
  EXPECT_THAT(with("prices: [ { price: vms, currency: usd, of: { kind: vm }, per_hour: 1 } ]"),
              testing::StartsWith("p.yaml:16"));
  EXPECT_THAT(only_problem("effect: x.y\non: vm\nleaves: { state: a }\nlaves: 1\n"), testing::StartsWith("p.yaml:4"));
}

TEST_F(TrialFileTest, CalendarsStandBesideTheFiles) {
  std::filesystem::create_directories(directory_ / "calendar");
  std::ofstream(directory_ / "calendar/kr.ics") << "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n"
                                                   "DTSTART;VALUE=DATE:20261225\r\nSUMMARY:Christmas\r\n"
                                                   "END:VEVENT\r\nEND:VCALENDAR\r\n";
  const auto with = [](std::string_view calendar) {
    return fmt::format(
        "policy: hours\nselect: {{ kind: vm, all: true }}\n"
        "keep: {{ state: running, by: x.start }}\nduring: Mon-Fri 09:00-18:00 Asia/Seoul\n"
        "except: calendar/{}\notherwise: {{ state: stopped, by: x.stop }}\napprove: none\n---\n"
        "test: Christmas\npolicy: hours\nat: 2026-12-25T10:00:00+09:00\n"
        "resources: [{{ id: vm/a, kind: vm, fields: {{ state: running }} }}]\n"
        "expect: [{{ action: x.stop, on: vm/a }}]\n---\n"
        "verb: x.start\ndanger: safe\non: vm\n---\nverb: x.stop\ndanger: safe\non: vm\n---\n"
        "kind: vm\ncolumns: {{ state: {{ type: text }} }}\n",
        calendar);
  };
  const decide::PolicyTestReport report = run(with("kr"));
  for (const auto& failure : report.failures) ADD_FAILURE() << failure.to_string();
  EXPECT_EQ(report.passed, 1);
  const decide::PolicyTestReport unknown = run(with("jp"));
  ASSERT_FALSE(unknown.problems.empty());
  EXPECT_THAT(unknown.problems.front().to_string(), HasSubstr("calendar/jp.ics"));
}

TEST_F(TrialFileTest, ADocumentThatTellsNothingIsToldAndNotLeftOut) {
  std::ofstream(directory_ / "p.yaml") << "tset: all is well\nexpect: []\n";
  const auto known = TrialKnowledge::read({directory_ / "p.yaml"}, kPacks);
  ASSERT_FALSE(known.has_value());
  EXPECT_THAT(known.error().to_string(), HasSubstr("did you mean 'test'"));
}

}  // namespace
}  // namespace capstan::loop
