// One installation for tests that live a world twice: real ledger, catalog, SQL, executor and board of policies in a
// directory of its own, without threads, over an outside that its verbs act on.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <fstream>

#include "catalog/pack_kinds.h"
#include "catalog/sql_engine.h"
#include "catalog/test_catalog.h"
#include "loop/policy_board.h"
#include "model/no_signals.h"

namespace capstan::loop::twins {

using catalog::must;

inline constexpr char kKinds[] = R"(
kind: vm
columns: { state: {}, size: { type: integer }, expires: {}, hours: {}, load: { type: integer, volatile: true } }
---
kind: account
columns: { tier: {} }
)";

struct Vm {
  std::string state = "running";
  int size = 1;
  std::string expires;
  std::string hours;
  std::string env = "dev";
  std::string owner;
  int load = 10;
};
struct Outside {
  std::map<ResourceId, Vm> vms;
  std::map<ResourceId, std::string> accounts;
};

class SetVerb final : public Verb {
 public:
  using Change = std::function<void(Vm&)>;
  SetVerb(Outside& outside, const std::string& name, Change change) : outside_(outside), change_(std::move(change)) {
    spec_.name = name;
    spec_.target_kinds = {"vm"};
    spec_.undoable = true;
    spec_.danger = Danger::kSafe;
  }
  const VerbSpec& spec() const override { return spec_; }
  Status check(const Resource&, const Json&) const override { return {}; }
  Result<Json> state_before(const Resource& target, const Json&) override {
    const Vm& vm = outside_.vms[target.id];
    return Json::object({{"state", vm.state}, {"size", vm.size}});
  }
  Performed perform(const Action& action, const Resource&, const Json&, const std::stop_token&) override {
    const auto vm = outside_.vms.find(action.target);
    if (vm == outside_.vms.end()) return {ActionState::kFailed, "it is gone", {}, true};
    if (vm->second.load == 66) return {ActionState::kFailed, "it does not answer", {}, true};
    change_(vm->second);
    return {ActionState::kSucceeded, "done", {}};
  }
  ProbeAnswer probe(const Action&, const Resource&, const Json&) override { return ProbeAnswer::kHappened; }
  Performed undo(const Action& action, const Resource&, const Json& before, const std::stop_token&) override {
    outside_.vms[action.target].state = before["state"].string_or_empty();
    return {ActionState::kSucceeded, "undone", {}};
  }

 private:
  Outside& outside_;
  Change change_;
  VerbSpec spec_;
};

class Resources final : public ResourceSource {
 public:
  explicit Resources(const catalog::Catalog& catalog) : catalog_(catalog) {}
  Result<std::optional<Resource>> find(const ResourceId& id) const override {
    std::optional<catalog::KnownResource> known = TRY(TRY(catalog_.reader()).resource(id));
    return known ? std::optional(std::move(known->resource)) : std::nullopt;
  }

 private:
  const catalog::Catalog& catalog_;
};

class Queue final : public act::WorkRunner {
 public:
  bool try_run(act::Work work) override {
    waiting.push_back(std::move(work));
    return true;
  }
  std::deque<act::Work> waiting;
};

class Life {
 public:
  explicit Life(Duration longest_rest) : directory_(make_directory()) {
    board_.set_longest_rest(longest_rest);
    must(verbs_.add(std::make_unique<SetVerb>(outside, "vm.start", [](Vm& vm) { vm.state = "running"; })));
    must(verbs_.add(std::make_unique<SetVerb>(outside, "vm.stop", [](Vm& vm) { vm.state = "stopped"; })));
    must(verbs_.add(std::make_unique<SetVerb>(outside, "vm.grow", [](Vm& vm) { ++vm.size; })));
    facts.observe([this](const Fact& fact) { board_.apply(fact); });
    facts.observe([this](const Fact& fact) { money_.apply(fact); });
    facts.observe([this](const Fact& fact) {
      told_ +=
          fmt::format("{} {} {} {} {}\n", fact.seq, format_time(fact.at), fact.kind, fact.subject, fact.body.dump());
    });
  }
  ~Life() { std::filesystem::remove_all(directory_); }

  void load(const std::vector<std::string>& policies) {
    std::filesystem::remove_all(directory_ / "config");
    std::filesystem::create_directories(directory_ / "config");
    for (size_t i = 0; i < policies.size(); ++i)
      std::ofstream(directory_ / "config" / fmt::format("p{}.yaml", i)) << policies[i];
    ConfigTree config({}, directory_ / "config");
    config.refresh();
    for (const Error& problem : board_.load(config, catalog_->kinds(), clock.now()))
      ADD_FAILURE() << problem.to_string();
  }

  // What the connectors see.
  void look() {
    Observation seen{.scope = "cloud:a", .at = clock.now(), .complete_kinds = {"vm", "account"}};
    for (const auto& [id, vm] : outside.vms) {
      seen.resources.push_back({.id = id,
                                .kind = "vm",
                                .name = id.substr(3),
                                .labels = {{"env", vm.env}},
                                .fields = Json::object({{"state", vm.state},
                                                        {"size", vm.size},
                                                        {"expires", vm.expires},
                                                        {"hours", vm.hours},
                                                        {"load", vm.load}})});
      if (!vm.owner.empty()) seen.relations.push_back({.source = id, .kind = "belongs_to", .target = vm.owner});
    }
    for (const auto& [id, tier] : outside.accounts)
      seen.resources.push_back({.id = id, .kind = "account", .name = id, .fields = Json::object({{"tier", tier}})});
    const catalog::Difference difference = catalog_->diff(seen);
    for (const Error& problem : difference.problems) ADD_FAILURE() << problem.to_string();
    must(facts.append(difference.facts));
    must(catalog_->update_volatile(seen.resources));
  }

  // Carries out no more than `most` pieces of work.
  void tick(size_t most) {
    const Time now = clock.now();
    {
      const catalog::CatalogReader catalog = must(catalog_->reader());
      board_.decide(catalog, now);
    }
    executor.tick(now);
    for (; most > 0 && !runner_.waiting.empty(); --most) {
      act::Work work = std::move(runner_.waiting.front());
      runner_.waiting.pop_front();
      executor.handle(work.run({}), now);
      executor.tick(now);
    }
  }

  // Everything that the last tick wrote down, and everything that is shown.
  std::string take_story() {
    std::string story = std::exchange(told_, "") + board_.to_json().dump() + board_.coming().dump();
    const std::string here = directory_.string();
    for (size_t at = story.find(here); at != std::string::npos; at = story.find(here))
      story.replace(at, here.size(), "");
    return story;
  }
  std::string newest_waiting() const {
    const Json waiting = executor.list("waiting");
    return waiting.items().empty() ? "" : waiting.items().front()["plan"]["id"].string_or_empty();
  }
  PolicyBoard& board() { return board_; }
  void run(const std::string& policy) {
    const catalog::CatalogReader catalog = must(catalog_->reader());
    (void)board_.run(policy, "user:ann", catalog, clock.now());
  }

 private:
  static std::filesystem::path make_directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "capstan-rest-XXXXXX").string();
    return ::mkdtemp(pattern.data());
  }

  std::filesystem::path directory_;
  SeededRandom random_{1};
  NoSignals signals_;
  VerbRegistry verbs_;
  Queue runner_;
  std::string told_;

 public:
  Outside outside;
  VirtualClock clock{*parse_time("2026-11-20T08:00:00Z")};

 private:
  std::unique_ptr<ledger::Ledger> ledger_ = must(ledger::Ledger::open(directory_ / "ledger.db", {}, clock, random_));
  std::unique_ptr<catalog::Catalog> catalog_ =
      must(catalog::Catalog::open(directory_ / "catalog.db", catalog::read_kinds(kKinds, "kinds.yaml").kinds));
  catalog::SqlEngine sql_{*catalog_, clock};
  Resources resources_{*catalog_};

 public:
  FactBook facts{*ledger_, *catalog_};
  act::Executor executor{{.facts = facts,
                          .clock = clock,
                          .runner = runner_,
                          .verbs = verbs_,
                          .resources = resources_,
                          .sql = sql_,
                          .signals = signals_}};

 private:
  MoneyBook money_;
  PolicyBoard board_{{.facts = facts,
                      .ledger = *ledger_,
                      .executor = executor,
                      .verbs = verbs_,
                      .resources = resources_,
                      .sql = sql_,
                      .signals = signals_,
                      .clock = clock,
                      .money = &money_}};
};

}  // namespace capstan::loop::twins
