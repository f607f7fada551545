// The simulated world: resources that can be acted on, through real verbs, with every fault that the real world has.
// Everything in it is deterministic; it is as true after a restart of Capstan as before, as the outside is.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "decide/scratch_sql.h"
#include "model/resource.h"
#include "model/resource_source.h"
#include "model/signal.h"
#include "model/table.h"
#include "model/verb.h"
#include "sim/tally.h"

namespace capstan::sim {

// What goes wrong the next time a verb is performed on a target.
enum class Fault {
  kNone,
  kRefuse,         // The counterpart says no; nothing changes.
  kTimeoutBefore,  // No answer, and it did not happen.
  kTimeoutAfter,   // No answer, but it happened.
  kLie,            // It says that it succeeded, but nothing changed.
  kFalseRefusal,   // It says no, but it happened.
  kLate,           // No answer; it happens when nobody waits for it any more. Only of what may happen at any time.
  kFrozenBefore,   // Whoever asks is frozen before the request arrives. Only of what may happen at any time.
  kFrozenAfter,    // Whoever asks is frozen before it hears the answer.
};
inline constexpr uint64_t kFaultKinds = 6;  // Those that a world with one node knows.

// Thrown by a verb's call at which the process dies: all that was under way is gone, as it is when a process ends.
struct ProcessDied {};

// One effect on the outside, as it happened.
struct Effect {
  Time at;
  std::string action;
  std::string verb;
  ResourceId target;
  bool undo = false;
  Json prior;           // Of the field, as it was before.
  Json value;           // And after.
  uint64_t writes = 0;  // How often anybody has set this field, this time included.
};

class World {
 public:
  explicit World(const Clock& clock) : clock_(clock) {}

  void put(Resource resource);
  void remove(const ResourceId& id);
  void set_field(const ResourceId& id, const std::string& field, Json value);
  void set_label(const ResourceId& id, std::string_view name, std::string_view value);
  // Counts up with every change, so that a view of the world knows when it is old.
  uint64_t version() const { return version_; }
  const Resource* find(const ResourceId& id) const;
  const std::map<ResourceId, Resource>& resources() const { return resources_; }
  std::string state(const ResourceId& id) const;

  // Where the catalog lags it shows the world as it was at the last look; else as it is.
  void set_lagging() { lags_ = true, look(); }
  void look();
  const std::map<ResourceId, Resource>& seen() const { return lags_ ? seen_ : resources_; }
  uint64_t seen_version() const { return lags_ ? seen_version_ : version_; }

  // Nothing of the outside can be reached: nothing is read or done, and probes cannot tell.
  void set_outage(bool outage) { outage_ = outage; }
  bool outage() const { return outage_; }
  // Neither the catalog nor the metrics answer.
  void set_senses_down(bool down) { senses_down_ = down; }
  bool senses_down() const { return senses_down_; }
  // Requests that nobody waits for any more arrive.
  void deliver_late();
  // An action sets a field, as its counterpart does it. Nothing where the target is gone.
  void take_effect(const Action& action, const ResourceId& target, const std::string& field, const Json& value,
                   bool undo);
  // What goes wrong with the next request about a target, and whether a look shows nothing.
  Fault next_fault(const ResourceId& target);
  bool blind();
  void called(std::string_view call) {
    if (on_call) on_call(call);
  }

  // The fault of the next performance on the target ("" for any).
  void inject(const ResourceId& target, Fault fault) { faults_[target] = fault; }
  void blind_probes(bool blind) { blind_ = blind; }  // Probes cannot tell.
  // Called for each fault that may be injected at random; overrides `inject`.
  std::function<Fault()> roll;
  std::function<bool()> roll_blind;

  void set_signal(const std::string& promql, double value) { signals_[promql] = value; }
  const std::map<std::string, double>& signals() const { return signals_; }

  const std::vector<Effect>& effects() const { return effects_; }
  // Called before every call of a verb ("perform") that reaches the outside; may throw ProcessDied.
  std::function<void(std::string_view call)> on_call;
  // Called with what a verb has answered about an action: how performing or undoing it ended, or what its probe shows.
  std::function<void(const std::string& action, const Performed& said)> on_answer;
  std::function<void(const std::string& action, ProbeAnswer shows)> on_probe;
  // Called while whoever asks is frozen; others go on meanwhile.
  std::function<void()> on_freeze;
  // Where faults are counted; null for nowhere.
  Tally* tally = nullptr;
  void count(std::string_view fault) {
    if (tally != nullptr) tally->count(fault);
  }
  // Called when an effect has just happened.
  std::function<void(const Effect&)> on_effect;
  const std::vector<std::string>& looks() const { return looks_; }  // "stop ec2/i-1": probes asked for.

 private:
  friend class StateVerb;
  const Clock& clock_;
  uint64_t version_ = 0;
  std::map<ResourceId, Resource> resources_;
  std::map<std::pair<ResourceId, std::string>, uint64_t> field_writes_;
  bool lags_ = false;
  std::map<ResourceId, Resource> seen_;
  uint64_t seen_version_ = 0;
  bool outage_ = false;
  bool senses_down_ = false;
  std::vector<std::function<void()>> late_;
  std::map<ResourceId, Fault> faults_;
  bool blind_ = false;
  std::map<std::string, double> signals_;
  std::vector<Effect> effects_;
  std::vector<std::string> looks_;
};

// The verbs of the world:
//   sim.start, sim.stop   set the state; idempotent, undoable, can be probed
//   sim.bump              counts up; not idempotent, undoable: at most once can be seen
//   sim.kill              removes nothing but sets the state "dead"; destructive, not undoable, not idempotent
//   sim.set               sets a field; parameters field (text, required), to (integer)
void add_verbs(World& world, VerbRegistry& verbs, const std::vector<std::string>& kinds);

class WorldResources final : public ResourceSource {
 public:
  explicit WorldResources(const World& world) : world_(world) {}
  Result<std::optional<Resource>> find(const ResourceId& id) const override;

 private:
  const World& world_;
};

// Every signal is one sample; an expression that nobody set is empty, one that begins with "error" fails, and so does
// every one while the senses are down.
class WorldSignals final : public SignalSource {
 public:
  explicit WorldSignals(const World& world) : world_(world) {}
  Result<std::vector<SeriesSample>> query(std::string_view promql, Time at) const override;
  Result<std::vector<Series>> query_range(std::string_view, Time, Time, Duration) const override;
  Status check(std::string_view promql) const override;

 private:
  const World& world_;
};

// SQL over the world's resources: a table a kind (id, name, and a column for every field) and `label`, laid out anew
// when the world has changed.
class WorldSql final : public SqlSource {
 public:
  explicit WorldSql(const World& world) : world_(world) {}
  Result<Table> query(std::string_view sql, Time at, const Options& options) const override;
  Status check(std::string_view sql) const override;

 private:
  Result<const decide::ScratchSql*> scratch() const;
  const World& world_;
  mutable std::unique_ptr<decide::ScratchSql> scratch_;
  mutable uint64_t version_ = 0;
};

}  // namespace capstan::sim
