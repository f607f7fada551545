// The same random world lived twice: once with policies that rest, once with policies that are asked at every tick.
// Whatever is decided, shown and written down must be the same at every tick, to the last word.
#include "loop/policy_rest_life.h"

namespace capstan::loop::twins {
namespace {

using std::chrono::seconds;

// One of each way in which a policy may come to another answer.
constexpr std::string_view kPolicies[] = {
    "policy: hours\nselect: { kind: vm, labels: env=dev }\nnever: { where: \"size > 8\" }\nkeep: running\nduring: "
    "daily "
    "{windows}\notherwise: stopped\napprove: ask\n",
    "policy: own-hours\nselect: { kind: vm, labels: env=test }\nkeep: running\nduring: { of: hours }\notherwise: "
    "stopped\napprove: none\ncooldown: 2m\n",
    "policy: by-hand\nselect: { kind: vm, labels: env=prod }\nkeep: running\nmanual: { respect: 4m }\napprove: none\n",
    "policy: big-enough\nselect: { kind: vm, where: \"size < 6\" }\nkeep: [{ is: big, so: \"size >= 2\", by: vm.grow "
    "}]\napprove: none\ncooldown: 1m\n",
    "policy: over\nselect: { kind: vm, where: \"expires < now\" }\nkeep: { state: stopped, by: vm.stop }\n",
    "policy: busy\nselect: { kind: vm, where: \"load > 80\" }\nkeep: [{ is: big, so: \"size >= 4\", by: vm.grow }]\n",
    "policy: at-times\nselect: { kind: vm, labels: \"env in (dev,test)\", where: \"size = 3\" }\nwhen: { cron: \"*/7 * "
    "* "
    "* *\", zone: UTC, catch_up: 3m }\ndo: vm.grow\n",
    "policy: cool-down\nwhen: { alert: Hot, for: 45s }\ndo: vm.stop\napprove: none\nundo: when the alert is quiet for "
    "3m\n",
    "policy: hot-fleet\nwhen: { alert: Hot, for: 2m }\nselect: { kind: vm, where: \"size = 1\" }\ndo: vm.grow\n",
    "policy: incidents\nwhen: { incident: any }\ndo: vm.start\napprove: none\ncooldown: 5m\n",
    "policy: in-steps\nwhen: { alert: Idle }\nselect: { kind: vm, where: \"size < 7\" }\ndo: [vm.stop, { verb: "
    "vm.grow, "
    "after: 6m }]\napprove: none\n",
    "policy: clock-steps\nwhen: { cron: \"*/11 * * * *\", zone: UTC }\nselect: { kind: vm, where: \"size = 5\" }\ndo: "
    "[vm.stop, { "
    "verb: vm.grow, after: 3m }]\napprove: none\n",
    "policy: agreed\nselect: { kind: vm, labels: env=trial }\nkeep: running\nduring: daily {windows}\notherwise: "
    "stopped\napprove: standing\n",
    "policy: of-accounts\nselect: { kind: vm, where: \"id IN (SELECT source FROM relation WHERE target IN (SELECT id "
    "FROM account WHERE tier = 'over'))\" }\nkeep: { state: stopped, by: vm.stop }\napprove: none\n",
    "policy: after-actions\nselect: SELECT target FROM action WHERE state = 'succeeded' AND verb = 'vm.grow'\nkeep: { "
    "state: running, is: [running], by: vm.start }\n",
    "policy: findings\nselect: { kind: vm, where: \"id IN (SELECT resource FROM finding WHERE state = 'open')\" "
    "}\nkeep: running\napprove: none\n",
};

// The two lives, and what happens in both.
class Twins {
 public:
  explicit Twins(uint64_t seed) : random_(seed) {
    for (int i = 0; i < 8; ++i) add_vm(i);
    both([](Life& life) { life.outside.accounts = {{"account/a", "paid"}, {"account/b", "over"}}; });
    load();
    both([](Life& life) { life.look(); });
  }

  void live(int ticks) {
    for (int tick = 0; tick < ticks; ++tick) {
      const Duration by = step();
      both([&](Life& life) { life.clock.advance(by); });
      // Most of the time nothing happens at all: that is when policies rest.
      const int happenings = chance(4) ? 1 + static_cast<int>(below(3)) : 0;
      for (int i = 0; i < happenings; ++i) happen();
      if (chance(3)) both([](Life& life) { life.look(); });
      // Some actions take longer than a tick.
      const size_t most = chance(3) ? below(3) : 200;
      both([&](Life& life) { life.tick(most); });
      const std::string at_rest = resting.take_story();
      const std::string always = asked.take_story();
      ASSERT_EQ(at_rest, always) << "at tick " << tick << ", after " << last_;
    }
  }

  Life resting{std::chrono::days(365)};  // Nothing but what is noted and the clock wakes them.
  Life asked{Duration(0)};

 private:
  uint64_t below(uint64_t bound) { return random_.below(bound); }
  bool chance(uint64_t of) { return below(of) == 0; }
  template <class T, size_t size>
  const T& one_of(const T (&all)[size]) {
    return all[below(size)];
  }
  template <class Do>
  void both(Do act) {
    act(resting);
    act(asked);
  }

  // Now from millisecond to millisecond, now over hours.
  Duration step() {
    constexpr int64_t kLongest[] = {3, 1'000, 2'000, 5'000, 30'000, 60'000, 60'000, 400'000, 7'200'000};
    return Duration(1 + static_cast<int64_t>(below(static_cast<uint64_t>(one_of(kLongest)))));
  }
  ResourceId vm_id(uint64_t number) const { return fmt::format("vm/{}", number); }
  std::string later(Duration most) {
    const auto span = static_cast<int64_t>(below(static_cast<uint64_t>(most.count())));
    return format_time(resting.clock.now() + Duration(span));
  }
  std::string windows() {
    const uint64_t minute = below(50);
    return fmt::format("{0:02}:{1:02}-{0:02}:{2:02},{3:02}:00-{4:02}:30 UTC", 8 + below(3), minute,
                       minute + 3 + below(6), 12 + below(4), 16 + below(6));
  }

  void add_vm(uint64_t number) {
    static constexpr std::string_view kEnvs[] = {"dev", "test", "prod", "trial"};
    Vm vm{.size = 1 + static_cast<int>(below(9)), .expires = later(seconds(4'000)), .hours = "daily " + windows()};
    vm.env = one_of(kEnvs);
    if (chance(2)) vm.owner = chance(2) ? "account/a" : "account/b";
    both([&](Life& life) { life.outside.vms[vm_id(number)] = vm; });
  }

  void load() {
    std::vector<std::string> policies;
    for (const std::string_view policy : kPolicies) {
      if (chance(5)) continue;
      std::string text(policy);
      const size_t place = text.find("{windows}");
      if (place != std::string::npos) text.replace(place, 9, windows());
      policies.push_back(text);
    }
    both([&](Life& life) { life.load(policies); });
  }

  void happen() {
    struct Happening {
      std::string_view name;
      void (Twins::*act)();
    };
    static constexpr Happening kAll[] = {
        {"a change", &Twins::change},       {"a change", &Twins::change},     {"a change", &Twins::change},
        {"a finding", &Twins::find},        {"a finding", &Twins::find},      {"an incident", &Twins::incident},
        {"an override", &Twins::override_}, {"an answer", &Twins::answer},    {"an answer", &Twins::answer},
        {"a pause", &Twins::pause},         {"a run", &Twins::run},           {"a new vm", &Twins::come_or_go},
        {"an owner", &Twins::own},          {"an owner", &Twins::own},        {"an approval", &Twins::approve},
        {"a message", &Twins::message},     {"the clock", &Twins::set_clock}, {"a reload", &Twins::reload}};
    const Happening& one = one_of(kAll);
    last_ = one.name;
    (this->*one.act)();
  }

  void change() {
    static constexpr std::string_view kStates[] = {"running", "stopped", "failed", "stopping"};
    static constexpr std::string_view kEnvs[] = {"dev", "test", "prod", "trial", "none"};
    const ResourceId id = vm_id(below(8));
    const uint64_t what = below(6);
    const std::string state(one_of(kStates)), env(one_of(kEnvs)), expires = later(seconds(600));
    const int size = static_cast<int>(below(10)), load = chance(3) ? 66 : static_cast<int>(below(100));
    const std::string hours = chance(5) ? "nonsense" : "daily " + windows();
    both([&](Life& life) {
      const auto found = life.outside.vms.find(id);
      if (found == life.outside.vms.end()) return;
      Vm& vm = found->second;
      if (what <= 1) vm.state = state;
      if (what == 2) vm.env = env;
      if (what == 3) vm.size = size;
      if (what == 4) vm.load = load;
      if (what == 5) vm.expires = expires, vm.hours = hours;
      life.look();
    });
  }
  void come_or_go() {
    const ResourceId id = vm_id(below(8));
    if (!resting.outside.vms.contains(id)) return add_vm(static_cast<uint64_t>(id.back() - '0'));
    both([&](Life& life) { life.outside.vms.erase(id); });
  }
  void own() {
    const ResourceId id = vm_id(below(8));
    static constexpr std::string_view kPlans[] = {"paid", "over", ""};
    const std::string account = chance(2) ? "account/a" : "account/b", plan(one_of(kPlans));
    const bool is_of_account = chance(2);
    both([&](Life& life) {
      if (is_of_account && plan.empty())
        life.outside.accounts.erase(account);
      else if (is_of_account)
        life.outside.accounts[account] = plan;
      else if (life.outside.vms.contains(id))
        life.outside.vms[id].owner = life.outside.vms[id].owner == account ? "" : account;
      life.look();
    });
  }

  void write(std::string_view kind, const std::string& subject, const Json& body,
             const std::string& actor = "capstan") {
    both([&](Life& life) {
      must(life.facts.append_one({life.clock.now(), std::string(kind), subject, body, 0, actor}));
    });
  }
  void find() {
    Finding finding;
    finding.rule = chance(3) ? "Idle" : "Hot";
    finding.resource = vm_id(below(8));
    finding.id = finding.rule + "@" + finding.resource;
    finding.says = finding.rule;
    if (chance(3)) finding.since = resting.clock.now() - seconds(20);
    if (findings_.erase(finding.id) > 0)
      return write(fact_kind::kFindingResolved, finding.id, Json::object({{"rule", finding.rule}}));
    findings_.insert(finding.id);
    write(fact_kind::kFindingOpened, finding.id, finding.to_json());
  }
  void incident() {
    Incident incident;
    if (!incident_.empty()) {
      incident = *std::exchange(incident_, {}).begin();
      incident.state = IncidentState::kClosed;
      return write(fact_kind::kIncidentClosed, incident.id, incident.to_json());
    }
    incident.id = fmt::format("inc-{}", ++incidents_);
    incident.opened = resting.clock.now();
    incident.causes.push_back({.resource = vm_id(below(8)), .group = {}, .score = chance(3) ? 0.2 : 0.9});
    write(fact_kind::kIncidentOpened, incident.id, incident.to_json());
    incident_.push_back(incident);
  }
  void override_() {
    if (!overrides_.empty() && chance(3)) {
      const std::string id = overrides_.back();
      overrides_.pop_back();
      return both([&](Life& life) {
        const NewFact fact = decide::end_override(id, "user:ann", life.clock.now());
        must(life.facts.append(std::span(&fact, 1)));
      });
    }
    static constexpr std::string_view kStates[] = {"up", "down", "", "stopped"};
    static constexpr std::string_view kNames[] = {"", "hours", "agreed", "big-enough", "in-steps", "cool-down"};
    const Time now = resting.clock.now();
    decide::Override wanted;
    wanted.policy = one_of(kNames);
    wanted.resource = chance(2) ? "account/a" : chance(3) && !wanted.policy.empty() ? "" : vm_id(below(8));
    wanted.state = one_of(kStates);
    if (chance(2)) wanted.from = now + Duration(1 + static_cast<int64_t>(below(200'000)));
    wanted.until = std::max(now, wanted.from) + Duration(1 + static_cast<int64_t>(below(1'800'000)));
    wanted.by = "user:ann";
    const auto fact = decide::set_override(wanted, now);
    if (!fact) return;
    overrides_.push_back(fact->subject);
    both([&](Life& life) { must(life.facts.append(std::span(&*fact, 1))); });
  }
  void answer() {
    const bool says_yes = !chance(3);
    const bool for_good = chance(2);
    both([&](Life& life) {
      const std::string id = life.newest_waiting();
      const auto status = life.executor.status(id);
      if (!status) return;
      const Plan plan = Plan::from_json((*status)["plan"]);
      if (!says_yes)
        (void)life.executor.reject(id, "rejected", "user:ann", life.clock.now());
      else
        (void)life.executor.approve(id, plan.hash(), "user:ann", life.clock.now());
      if (!says_yes || !for_good || plan.grant.empty()) return;
      const NewFact fact =
          decide::give_approval(plan.grant, fmt::format("approval-{}", plan.id), "user:ann", life.clock.now());
      must(life.facts.append(std::span(&fact, 1)));
    });
  }
  void approve() {
    const bool gives = chance(2);
    const ResourceId on = chance(2) ? "account/a" : chance(2) ? vm_id(below(8)) : "";
    const std::string id = fmt::format("approval-{}", gives ? ++approvals_ : below(approvals_ + 1));
    both([&](Life& life) {
      if (gives) {
        const auto grant = life.board().grant_of("agreed", on);
        if (!grant) return;
        const NewFact fact = decide::give_approval(*grant, id, "user:ann", life.clock.now());
        must(life.facts.append(std::span(&fact, 1)));
      } else if (life.board().has_approval(id)) {
        const NewFact fact = decide::withdraw_approval(id, "user:ann", life.clock.now());
        must(life.facts.append(std::span(&fact, 1)));
      }
    });
  }
  void pause() {
    static constexpr std::string_view kSubjects[] = {"capstan", "policy:hours", "policy:own-hours", "policy:cool-down"};
    const std::string subject(one_of(kSubjects));
    both([&](Life& life) {
      if (life.executor.paused(subject))
        (void)life.executor.resume(subject, "user:ann", life.clock.now());
      else
        (void)life.executor.pause(subject, "", "user:ann", life.clock.now());
    });
  }
  void run() {
    static constexpr std::string_view kNames[] = {"hours", "agreed", "findings"};
    const std::string name(one_of(kNames));
    both([&](Life& life) { life.run(name); });
  }
  void message() { write(fact_kind::kMessageSent, "m", Json::object({{"channel", "mail"}})); }
  void set_clock() {
    const auto by = Duration(static_cast<int64_t>(below(120'000)) - 60'000);
    if (!chance(4)) return;
    both([&](Life& life) { life.clock.jump_to(life.clock.now() + by); });
  }
  void reload() {
    if (chance(3)) load();
  }

  SeededRandom random_;
  std::set<std::string> findings_;
  std::vector<Incident> incident_;  // The open one.
  int incidents_ = 0;
  uint64_t approvals_ = 0;
  std::vector<std::string> overrides_;
  std::string last_;
};

TEST(PolicyRestWorlds, DecideTheSameAtEveryTickAsThoseThatAreAskedEachTime) {
  const char* text = std::getenv("CAPSTAN_REST_SEEDS");
  const uint64_t seeds = text != nullptr ? std::strtoull(text, nullptr, 10) : 3;
  uint64_t spared = 0, asked = 0, over_changes = 0, plans = 0;
  for (uint64_t seed = 1; seed <= seeds && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Twins twins(seed);
    twins.live(300);
    const PolicyPasses& passes = twins.resting.board().passes();
    spared += passes.spared, asked += passes.over_all, over_changes += passes.over_changes;
    plans += twins.resting.executor.list("all").items().size();
    EXPECT_EQ(twins.asked.board().passes().spared, 0u) << "or nothing is compared";
  }
  fmt::print("{} passes, {} spared, {} over what had changed alone; {} plans\n", asked, spared, over_changes, plans);
  EXPECT_GT(spared, asked / 2) << "they rest where they can";
  EXPECT_GT(over_changes, 0u);
  EXPECT_GT(plans, seeds * 5) << "something happens";
}

}  // namespace
}  // namespace capstan::loop::twins
