// Over what was recorded while a policy ran, with the executor, freezes and stages of a real installation, the same
// policy would have done exactly what it did.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/config.h"
#include "cases/site.h"
#include "decide/freeze_reader.h"
#include "foresee/backtest.h"
#include "foresee/backtest_fixture.h"

namespace capstan::cases {
namespace {

using foresee::at;
using foresee::BacktestAction;
using foresee::BacktestDifference;
using foresee::BacktestResult;

constexpr std::string_view kOfficeHours = R"(
policy: office-hours
select: { kind: vm, where: "env = 'dev'" }
keep: running
otherwise: stopped
during: Mon-Fri 09:00-18:00 UTC
limits: { rate: 1000/min, total: 1000, in_flight: 100%, canary: false }
approve: none
)";

// Every machine costs so much an hour while it runs, and has cost so much already, today and this month.
struct FixedPrices final : foresee::PastMoney {
  void note(const ResourceId&, const foresee::PastKind&, const foresee::PastRow*, Time) override {}
  Status add_money(const decide::Policy&, const foresee::PastWorld&, decide::Situation& situation) override {
    for (const decide::Candidate& candidate : situation.candidates) {
      if (!candidate.selected) continue;
      const bool runs = candidate.resource.fields["state"] == Json("running");
      situation.money[candidate.resource.id] = {.currency = "USD",
                                                .per_hour = runs ? kPerHour : 0,
                                                .when_running = kPerHour,
                                                .today = kSpent,
                                                .this_month = kSpent};
    }
    return {};
  }
  static constexpr double kPerHour = 1;
  static constexpr double kSpent = 2;
};

// What one of them did at a time and the other did not; "" where they did the same.
std::string difference(std::vector<std::string> would, std::vector<std::string> did) {
  std::ranges::sort(would);
  std::ranges::sort(did);
  std::vector<std::string> more, less;
  std::ranges::set_difference(would, did, std::back_inserter(more));
  std::ranges::set_difference(did, would, std::back_inserter(less));
  std::string text;
  for (const std::string& each : more) text += "+ " + each + "\n";
  for (const std::string& each : less) text += "- " + each + "\n";
  return text;
}

// A week in which people start, stop, lend, make and delete machines at any time while a policy runs.
class Week {
 public:
  Week(std::string_view policy, std::string_view freezes, unsigned seed)
      : policy_text_(policy), freezes_text_(freezes), random_(seed) {
    site_.clock().advance_to(from_ - std::chrono::hours(1));
    for (int i = 0; i < 12; ++i) {
      const std::string id = fmt::format("vm/{:03}", i);
      ids_.push_back(id);
      put(id, random_() % 2 ? "running" : "stopped", "dev");
      site_.set_price(id, {.per_hour = FixedPrices::kPerHour, .currency = "USD", .spent = FixedPrices::kSpent});
    }
    if (!freezes_text_.empty()) {
      EXPECT_TRUE(site_.add_freezes(freezes_text_, "f.yaml"));
    }
    site_.clock().advance_to(from_);
    EXPECT_TRUE(site_.add_policies(policy_text_, "p.yaml"));
  }

  void live(int days) {
    to_ = from_ + std::chrono::days(days);
    while (site_.clock().now() < to_) {
      look();
      if (random_() % 40 == 0) touch(ids_[random_() % ids_.size()]);
      site_.clock().advance_to(minute_ += std::chrono::minutes(1));
    }
  }

  BacktestResult again() {
    sim::World world(site_.clock());
    VerbRegistry verbs;
    sim::add_verbs(world, verbs, {"vm"});
    const decide::Vocabulary words{.verbs = verbs.specs()};
    const auto policies = decide::read_policies(parse_yaml(policy_text_, "p.yaml").value(), words);
    foresee::Past past = record_.past(policies.policies.at(0));
    for (const VerbSpec* spec : verbs.specs()) past.verbs.emplace(spec->name, *spec);
    if (!freezes_text_.empty())
      past.freezes = decide::read_freezes(parse_yaml(freezes_text_, "f.yaml").value(), words).freezes;
    auto result = foresee::backtest(policies.policies.at(0), past,
                                    {.from = from_, .to = to_, .money = &prices_, .stop = {}, .progress = {}});
    EXPECT_TRUE(result) << result.error().to_string();
    return result ? *std::move(result) : BacktestResult();
  }

  static std::vector<std::string> told(const BacktestResult& result) {
    std::vector<std::string> all;
    for (const BacktestAction& each : result.actions)
      all.push_back(fmt::format("{} {} {} {}", format_time(each.at), each.verb.substr(4), each.target, each.reason));
    return all;
  }

  std::vector<std::string> done;
  int withdrawn = 0;

 private:
  void put(const std::string& id, const std::string& state, const std::string& env) {
    site_.world().put({.id = id,
                       .kind = "vm",
                       .name = id.substr(3),
                       .labels = {},
                       .fields = Json::object({{"state", state}, {"env", env}})});
    record_.env = env;
    record_.set(site_.clock().now(), id, state);
  }

  void look() {
    site_.decide_all();
    const Time now = site_.clock().now();
    for (const Event& event : site_.take_events()) {
      if (event.text == "plan withdrawn") ++withdrawn;
      if (!event.text.starts_with("start ") && !event.text.starts_with("stop ")) continue;
      done.push_back(fmt::format("{} {} {}", format_time(now), event.text, event.reason));
    }
    for (const auto& effects = site_.world().effects(); seen_ < effects.size(); ++seen_) {
      const sim::Effect& effect = effects[seen_];
      record_.env = env_of(effect.target);
      record_.set(effect.at + Duration(5'000), effect.target, effect.value.string_or_empty());
      record_.deeds.push_back({"policy:office-hours", effect.target, effect.at, effect.at});
    }
  }

  // Well after anything that the policy may have done at this minute, as a person would.
  void touch(const std::string& id) {
    const Time hand = minute_ + Duration(20'000);
    const bool is_fresh = std::ranges::any_of(record_.deeds, [&](const foresee::PastDeed& deed) {
      return deed.target == id && hand - deed.to < std::chrono::minutes(3);
    });
    if (is_fresh) return;
    site_.clock().advance_to(hand);
    const std::string state = site_.world().state(id);
    switch (random_() % 8) {
      case 0:
        if (state.empty()) return put(id, "running", "dev");
        site_.world().remove(id);
        return record_.end(hand, id);
      case 1: return put(id, state.empty() ? "running" : state, env_of(id) == "dev" ? "lent" : "dev");
      default: return put(id, state == "running" ? "stopped" : "running", env_of(id));
    }
  }

  std::string env_of(const std::string& id) {
    const Resource* known = site_.world().find(id);
    return known == nullptr ? "dev" : known->fields["env"].string_or_empty();
  }

  const std::string policy_text_;
  const std::string freezes_text_;
  std::mt19937 random_;
  const Time from_ = at("2026-01-05T00:00:00Z");
  Time to_;
  Time minute_ = from_;
  Site site_{{"vm"}};
  std::vector<std::string> ids_;
  foresee::Record record_;
  FixedPrices prices_;
  size_t seen_ = 0;
};

TEST(BacktestAgainstLive, DoesWhatThePolicyDid) {
  for (unsigned seed = 1; seed <= 2; ++seed) {
    Week week(kOfficeHours, "", seed);
    week.live(7);
    EXPECT_GT(week.done.size(), 60u);
    ASSERT_EQ(difference(Week::told(week.again()), week.done), "") << "seed " << seed;
  }
}

// One that covers all, one that covers stopping alone, and one whose end is the begin of a window.
constexpr std::string_view kFreezes = R"(
freeze: audit
during: 2026-01-06 17:00 to 2026-01-07 10:30
zone: UTC
---
freeze: nights-on
during: [daily 18:30-20:00, 2026-01-09 16:00 to 2026-01-10 09:00]
zone: UTC
only: { verbs: [stop] }
---
freeze: morning
during: 2026-01-08 07:00 to 2026-01-08 09:00
zone: UTC
except: { policies: [nobody] }
)";

TEST(BacktestAgainstLive, HoldsBackWhatAFreezeHeldBack) {
  int withdrawn = 0;
  for (unsigned seed = 1; seed <= 3; ++seed) {
    Week week(kOfficeHours, kFreezes, seed);
    week.live(7);
    EXPECT_GT(week.done.size(), 40u);
    const BacktestResult result = week.again();
    ASSERT_EQ(difference(Week::told(result), week.done), "") << "seed " << seed;
    size_t held = 0, dropped = 0;
    for (const auto& [freeze, count] : result.held) held += count.actions, dropped += count.dropped;
    EXPECT_GT(held, 10u);
    EXPECT_GE(dropped, static_cast<size_t>(week.withdrawn)) << "a plan that was taken back had an action at least";
    withdrawn += week.withdrawn;
  }
  EXPECT_GT(withdrawn, 0);
}

// Of some ten machines five may run, and of a day's money some are let in only when less of the day is left.
TEST(BacktestAgainstLive, StartsNoMoreThanTheBudgetBore) {
  for (const std::string_view budget : {"{ per_hour: 5 USD }", "{ per_hour: 6 USD, per_day: 60 USD }"}) {
    std::string policy(kOfficeHours);
    policy.replace(policy.find("limits: { "), 10, "limits: { budget: " + std::string(budget) + ", ");
    Week week(policy, "", 7);
    week.live(5);
    EXPECT_GT(week.done.size(), 20u);
    const BacktestResult result = week.again();
    ASSERT_EQ(difference(Week::told(result), week.done), "") << budget;
    EXPECT_GT(result.over_budget_count, 5u) << budget;
    for (const foresee::BacktestOverBudget& each : result.over_budget)
      EXPECT_NE(each.why.text.find("over the budget"), std::string::npos);
  }
}

constexpr std::string_view kStaged = R"(
policy: office-hours
when: { cron: "0 9,15 * * *", zone: UTC }
select: { kind: vm, where: "env = 'dev'" }
do:
  - sim.stop
  - { verb: sim.start, after: PT20H }
limits: { rate: 1000/min, total: 1000, in_flight: 100%, canary: false }
approve: none
)";

TEST(BacktestAgainstLive, GoesThroughStagesAsThePolicyDid) {
  for (const std::string_view freezes : {std::string_view(), kFreezes}) {
    for (unsigned seed = 1; seed <= 2; ++seed) {
      Week week(kStaged, freezes, seed);
      week.live(5);
      EXPECT_GT(week.done.size(), 40u);
      ASSERT_EQ(difference(Week::told(week.again()), week.done), "")
          << "seed " << seed << (freezes.empty() ? "" : ", frozen");
    }
  }
}

}  // namespace
}  // namespace capstan::cases
