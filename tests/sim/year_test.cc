// A year in seconds: from change to change of the clock, and every one of them checked against a slow way that shares
// no code with the fast one.
#include <date/tz.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <queue>
#include <set>
#include <stdexcept>

#include "act/executor.h"
#include "base/config.h"
#include "decide/decide.h"
#include "decide/policy_reader.h"
#include "sim/plumbing.h"
#include "sim/world.h"

namespace capstan::sim {
namespace {

const Time kBegin = parse_time("2026-01-01T00:00:00Z").value();
const Time kEnd = parse_time("2027-01-01T00:00:00Z").value();

// Of the processor: others may be at work on the same machine.
double seconds_since(std::clock_t began) { return static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC; }

// Fewer seeds, as under the sanitizers, where all takes ten times as long, ask for less here, too: every so many-th.
size_t one_in() {
  const char* seeds = std::getenv("CAPSTAN_SEEDS");
  return seeds && std::strtoull(seeds, nullptr, 10) < 2000 ? 20 : 1;
}

constexpr const char* kOfficeHours =
    "policy: office-hours\n"
    "select: { kind: account, all: true }\n"
    "keep: { state: running, is: [running], by: sim.start }\n"
    "during: Mon-Fri 09:00-18:00 Asia/Seoul\n"
    "except: calendar/kr\n"
    "otherwise: { state: stopped, is: [stopped], by: sim.stop }\n"
    "limits: { in_flight: 45, rate: 1000/min, total: 45, canary: false }\n"
    "approve: none\n";

// Some holidays of 2026, as a calendar and as days.
const std::set<std::string> kHolidays = {"20260101", "20260216", "20260217", "20260218", "20260501",
                                         "20260505", "20260924", "20260925", "20261009", "20261225"};

std::string holiday_calendar() {
  std::string text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//capstan//test//EN\r\n";
  for (const std::string& day : kHolidays) {
    text +=
        fmt::format("BEGIN:VEVENT\r\nUID:{}\r\nDTSTART;VALUE=DATE:{}\r\nSUMMARY:Holiday\r\nEND:VEVENT\r\n", day, day);
  }
  return text + "END:VCALENDAR\r\n";
}

// Seoul is nine hours ahead of UTC all year; 1 January 1970 was a Thursday.
bool in_office_hours(Time time) {
  const int64_t minutes = to_unix_ms(time) / 60'000 + 9 * 60;
  const int64_t day = minutes / 1440;
  const auto seconds = static_cast<time_t>(day * 86'400);
  std::tm date{};
  gmtime_r(&seconds, &date);
  const std::string text = fmt::format("{:04}{:02}{:02}", date.tm_year + 1900, date.tm_mon + 1, date.tm_mday);
  const bool weekday = date.tm_wday >= 1 && date.tm_wday <= 5;
  return weekday && !kHolidays.contains(text) && minutes % 1440 >= 9 * 60 && minutes % 1440 < 18 * 60;
}

// Decides and carries out, in a world without faults.
class Office {
 public:
  explicit Office(size_t accounts) {
    add_verbs(world_, verbs_, {"account"});
    calendars_["kr"] =
        std::make_shared<const decide::Calendar>(decide::Calendar::parse(holiday_calendar(), "kr.ics").value());
    decide::Vocabulary vocabulary;
    vocabulary.verbs = verbs_.specs();
    vocabulary.calendars = &calendars_;
    decide::ReadPolicies read = decide::read_policies(parse_yaml(kOfficeHours, "p.yaml").value(), vocabulary);
    if (!read.problems.empty()) throw std::invalid_argument(read.problems.front().to_string());
    policy_ = std::move(read.policies.front());
    for (size_t i = 0; i < accounts; ++i) {
      const std::string id = fmt::format("account/{}", i);
      world_.put(
          {.id = id, .kind = "account", .name = id, .labels = {}, .fields = Json::object({{"state", "stopped"}})});
    }
    world_.set_lagging();
    facts_.on_fact = [this](const Fact& fact) { history_.apply(fact); };
  }

  // Everything that is due now, to its end. Gives when the clock alone may call for something else, as the decision
  // itself says.
  std::optional<Time> settle() {
    world_.look();
    const decide::Situation situation{
        .candidates = decide::select_candidates(policy_, sql_, resources_, {}, {}, clock_.now()).value(),
        .history = &history_,
        .now = clock_.now(),
        .in_force_since = kBegin};
    const decide::Decision decision = decide::decide(policy_, situation);
    if (decision.plan) {
      EXPECT_TRUE(executor_.submit(*decision.plan, clock_.now()).has_value());
    }
    do {
      executor_.tick(clock_.now());
      while (!runner_.idle()) executor_.handle(runner_.run(), clock_.now());
      executor_.tick(clock_.now());
    } while (!runner_.idle());
    world_.look();
    std::optional<Time> next;
    for (const decide::Verdict& verdict : decision.verdicts) {
      if (verdict.again && (!next || *verdict.again < *next)) next = verdict.again;
    }
    return next;
  }

  VirtualClock& clock() { return clock_; }
  const World& world() const { return world_; }

 private:
  VirtualClock clock_{kBegin};
  World world_{clock_};
  WorldResources resources_{world_};
  WorldSignals signals_{world_};
  WorldSql sql_{world_};
  VerbRegistry verbs_;
  MemoryFacts facts_;
  StepRunner runner_;
  decide::Calendars calendars_;
  decide::Policy policy_;
  decide::History history_;
  act::Executor executor_{act::Surroundings{facts_, clock_, runner_, verbs_, resources_, sql_, signals_}};
};

TEST(AYear, OfFortyFiveAccountsInASeoulCalendarMissesAndDoublesNothing) {
  const size_t accounts = 45 / one_in();
  const auto began = std::clock();
  Office office(accounts);
  // From change to change: nobody asks in between.
  for (std::optional<Time> next = office.settle(); next && *next < kEnd;) {
    office.clock().advance_to(*next);
    office.settle();
    // Half an hour later nothing is left to be done.
    office.clock().advance(Duration(1'800'000));
    next = office.settle();
  }
  const double took = seconds_since(began);

  std::map<ResourceId, std::vector<std::pair<Time, std::string>>> seen;
  for (const Effect& effect : office.world().effects()) seen[effect.target].emplace_back(effect.at, effect.verb);
  std::vector<std::pair<Time, std::string>> expected;
  for (Time minute = kBegin; minute + Duration(60'000) < kEnd; minute += Duration(60'000)) {
    const Time next = minute + Duration(60'000);
    if (in_office_hours(minute) == in_office_hours(next)) continue;
    expected.emplace_back(next, in_office_hours(next) ? "sim.start" : "sim.stop");
  }
  ASSERT_GT(expected.size(), 480u);
  ASSERT_EQ(seen.size(), accounts);
  for (const auto& [account, effects] : seen) EXPECT_EQ(effects, expected) << account;
  fmt::print("a year of {} accounts: {} actions in {:.1f} s of processor time\n", accounts,
             office.world().effects().size(), took);
}

// A window as text, and as what it means, told a second time.
struct Shape {
  std::string text;
  bool (*holds)(int weekday, int minute);
};

const std::vector<Shape> kShapes = {
    {"Mon-Fri 09:00-18:00", [](int day, int m) { return day >= 1 && day <= 5 && m >= 540 && m < 1080; }},
    {"daily 22:00-06:00", [](int, int m) { return m >= 1320 || m < 360; }},
    {"Fri 18:00-Mon 08:00",
     [](int day, int m) { return (day == 5 && m >= 1080) || day == 6 || day == 0 || (day == 1 && m < 480); }},
    {"Mon,Wed 08:00-12:00,13:00-17:00",
     [](int day, int m) { return (day == 1 || day == 3) && ((m >= 480 && m < 720) || (m >= 780 && m < 1020)); }},
    {"Sat,Sun", [](int day, int) { return day == 6 || day == 0; }},
    {"daily 01:30-03:30", [](int, int m) { return m >= 90 && m < 210; }},
    {"daily 02:15-02:45", [](int, int m) { return m >= 135 && m < 165; }},
    {"daily 00:00-00:30", [](int, int m) { return m < 30; }},
};

struct Turn {
  Time at;
  bool inside = false;
  bool operator==(const Turn&) const = default;
};

// The C library's zones, every quarter of an hour (no zone of this year turns in between), and a clock on the wall that
// never goes back: an hour that comes a second time does not count again.
class SlowZone {
 public:
  explicit SlowZone(const std::string& zone) {
    setenv("TZ", (":" + zone).c_str(), 1);
    tzset();
    int64_t newest = 0;
    for (Time time = kBegin - Duration(86'400'000); time < kEnd; time += Duration(900'000)) {
      const auto seconds = static_cast<time_t>(to_unix_ms(time) / 1000);
      std::tm local{};
      localtime_r(&seconds, &local);
      newest = std::max(newest, int64_t{timegm(&local)} / 60);
      if (time >= kBegin) minutes_.push_back(newest);
    }
  }

  std::vector<Turn> turns(const Shape& shape) const {
    std::vector<Turn> turns;
    bool inside = holds(shape, minutes_.front());
    for (size_t i = 1; i < minutes_.size(); ++i) {
      if (holds(shape, minutes_[i]) == inside) continue;
      inside = !inside;
      turns.push_back({kBegin + Duration(900'000) * static_cast<int64_t>(i), inside});
    }
    return turns;
  }

 private:
  static bool holds(const Shape& shape, int64_t minute) {
    return shape.holds(static_cast<int>((minute / 1440 + 4) % 7), static_cast<int>(minute % 1440));
  }
  std::vector<int64_t> minutes_;
};

TEST(AYear, OfAHundredThousandResourcesInEveryZoneMissesAndDoublesNothing) {
  const uint32_t resources = static_cast<uint32_t>(100'000 / one_in());
  std::vector<std::string> zones;
  const auto& known = date::get_tzdb().zones;
  ASSERT_GT(known.size(), 300u);
  for (size_t i = 0; i < known.size(); i += one_in()) zones.push_back(known[i].name());
  const auto began = std::clock();
  std::vector<decide::Schedule> schedules;
  for (const std::string& name : zones) {
    const decide::Zone zone = decide::Zone::find(name).value();
    for (const Shape& shape : kShapes) schedules.emplace_back().add(decide::Window::parse(shape.text, zone).value());
  }
  using Due = std::pair<Time, size_t>;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due;
  for (size_t group = 0; group < schedules.size(); ++group) due.emplace(*schedules[group].next_change(kBegin), group);
  std::vector<char> running(resources);
  for (uint32_t i = 0; i < resources; ++i) running[i] = schedules[i % schedules.size()].is_inside(kBegin);

  // The clock jumps from change to change; whoever is due is switched.
  VirtualClock clock(kBegin);
  std::vector<std::vector<Turn>> turns(schedules.size());
  std::vector<uint32_t> switched(resources);
  uint64_t doubled = 0;
  uint64_t total = 0;
  while (due.top().first < kEnd) {
    const auto [at, group] = due.top();
    due.pop();
    clock.advance_to(at);
    const bool inside = schedules[group].is_inside(clock.now());
    due.emplace(*schedules[group].next_change(clock.now()), group);
    turns[group].push_back({clock.now(), inside});
    for (auto resource = static_cast<uint32_t>(group); resource < resources;
         resource += static_cast<uint32_t>(schedules.size())) {
      if (running[resource] == static_cast<char>(inside)) ++doubled;
      running[resource] = inside;
      ++switched[resource];
      ++total;
    }
    // What a decision itself would say of it, for some.
    if (turns[group].size() % 64 != 1) continue;
    const decide::Schedule::Standing standing = schedules[group].at(clock.now());
    ASSERT_EQ(standing.inside, inside);
    ASSERT_EQ(standing.since, clock.now());
    ASSERT_EQ(standing.until, schedules[group].next_change(clock.now()));
  }
  const double took = seconds_since(began);

  EXPECT_EQ(doubled, 0u);
  for (size_t z = 0; z < zones.size(); ++z) {
    const SlowZone slow(zones[z]);
    for (size_t s = 0; s < kShapes.size(); ++s) {
      const size_t group = z * kShapes.size() + s;
      ASSERT_EQ(turns[group].size(), slow.turns(kShapes[s]).size()) << zones[z] << " " << kShapes[s].text;
      ASSERT_TRUE(turns[group] == slow.turns(kShapes[s])) << zones[z] << " " << kShapes[s].text;
    }
  }
  for (uint32_t i = 0; i < resources; ++i) ASSERT_EQ(switched[i], turns[i % schedules.size()].size());
  fmt::print("a year of {} resources in {} zones: {} changes in {:.1f} s of processor time\n", resources, zones.size(),
             total, took);
}

}  // namespace
}  // namespace capstan::sim
