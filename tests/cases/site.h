// One installation in the simulated world: policies, the decision, the executor, and people's commands, as the loop
// would drive them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "act/executor.h"
#include "decide/decide.h"
#include "decide/policy_reader.h"
#include "loop/freeze_board.h"
#include "sim/laws.h"
#include "sim/plumbing.h"
#include "sim/world.h"

namespace capstan::cases {

// Something that can be expected: "stop ec2/i-1", and why.
struct Event {
  std::string text;
  std::string reason;
};

class Site {
 public:
  explicit Site(std::vector<std::string> kinds);

  VirtualClock& clock() { return clock_; }
  sim::World& world() { return world_; }

  Status add_calendar(const std::string& name, std::string_view text);
  Status add_freezes(std::string_view yaml, std::string_view file);
  // A person lets the newest plan through a freeze.
  Status lift(const std::string& freeze, const std::string& by, const std::string& reason);
  Status add_policies(std::string_view yaml, std::string_view file);
  void add_relation(Relation relation) { relations_.push_back(std::move(relation)); }
  void open_finding(Finding finding);
  void resolve_finding(const std::string& rule, const ResourceId& resource);
  void open_incident(Incident incident);
  void close_incident(const std::string& id);
  // What a resource costs an hour while its state is running, and what was spent on it this day and month.
  struct Price {
    double per_hour = 0;
    std::string currency;
    double spent = 0;
  };
  void set_price(const ResourceId& id, Price price) { prices_[id] = std::move(price); }
  void touch(decide::ManualTouch touch) { touches_.push_back(std::move(touch)); }

  Status set_override(decide::Override wanted);
  Status approve(bool right_hash, const std::string& by);
  Status reject(const std::string& by, const std::string& reason);
  Status cancel(bool undo, const std::string& by);
  Status undo(const std::string& by);
  Status resolve(const ResourceId& target, const std::string& decision, const std::string& by);
  Status pause(const std::string& subject, const std::string& by);
  Status resume(const std::string& subject, const std::string& by);
  void fill_disk(bool full) { disk_full_ = full; }

  // Decides for every policy, and carries out until nothing moves.
  void decide_all();
  void settle();
  // The process dies when the first piece of work of this name ("perform") is about to run, or has just run.
  void die_at(std::string work, bool after) { dies_at_ = std::move(work), dies_after_ = after; }
  bool dead() const { return dead_; }
  void start();

  // What happened since the last call.
  std::vector<Event> take_events();
  // What was decided for a resource, of every policy; "" for all resources.
  std::vector<std::string> reasons(const ResourceId& resource = "") const;
  // What the open plans wait for.
  std::vector<std::string> waiting() const;
  std::string plan_state() const;
  // The same for a freeze that holds the newest plan back.
  std::string frozen() const;
  const std::vector<std::string>& broken_laws() const { return laws_.broken(); }

 private:
  void note(const Fact& fact);
  Fact make_fact(std::string_view kind, std::string_view subject);
  std::string newest_plan() const;
  decide::Vocabulary vocabulary() const;
  decide::Money money() const;

  VirtualClock clock_{Time()};
  sim::World world_{clock_};
  sim::WorldResources resources_{world_};
  sim::WorldSignals signals_{world_};
  sim::WorldSql sql_{world_};
  VerbRegistry verbs_;
  sim::Laws laws_{verbs_, clock_};
  sim::MemoryFacts facts_;
  sim::StepRunner runner_;
  std::optional<loop::FreezeBoard> freezes_;
  std::vector<decide::Freeze> read_freezes_;
  std::optional<act::Executor> executor_;
  decide::Calendars calendars_;
  std::vector<decide::Policy> policies_;
  std::vector<Relation> relations_;
  std::vector<catalog::KnownFinding> findings_;
  std::vector<catalog::KnownIncident> incidents_;
  std::vector<decide::ManualTouch> touches_;
  std::map<ResourceId, Price> prices_;
  decide::History history_;
  decide::Overrides overrides_;
  decide::StandingApprovals approvals_;
  std::map<std::string, Plan> plans_;
  std::vector<Event> events_;
  std::vector<std::pair<ResourceId, std::string>> reasons_;
  size_t seen_looks_ = 0;
  bool asked_looks_ = false;  // Probes are told only after a restart.
  bool disk_full_ = false;
  bool dead_ = false;
  std::string dies_at_;
  bool dies_after_ = false;
  Time in_force_since_;
};

}  // namespace capstan::cases
