// What must be true in every world, whatever fails: checked from the facts, the effects and the answers of the outside
// alone, never from what the executor says of itself.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "model/action.h"
#include "sim/plumbing.h"
#include "sim/policies.h"
#include "sim/world.h"

namespace capstan::sim {

class Laws {
 public:
  Laws(const VerbRegistry& verbs, const Clock& clock) : verbs_(verbs), clock_(clock) {}

  // What the policies may touch; plans of others may touch anything.
  void watch(std::vector<WatchedPolicy> policies) { policies_ = std::move(policies); }

  void see(const Fact& fact);
  void see(const Effect& effect);
  // The last look at a target before an action: nothing where the catalog did not have it.
  void checked(const ResourceId& target, std::optional<Resource> seen);
  void answered(const std::string& action, const Performed& said);
  void probed(const std::string& action, ProbeAnswer shows);
  // The process died: nobody knows any more what was answered.
  void process_died();
  // Called when the world has come to rest: whether every intent has ended, and everything is as the policies want it.
  void at_rest(const World& world);
  // Whether something was begun and has no outcome yet.
  bool has_open_intents() const;
  // Called again and again while nothing fails any more: what a policy wants must not wait for long, even where the
  // policy wants something else in time.
  void look_for_what_waits(const World& world);
  // What is not as the policies want it to be now, and no person has kept them from it.
  std::vector<std::string> complaints(const World& world) const;

  // Something else must not be, and is.
  void breach(std::string what) { broken_.push_back(std::move(what)); }

  // What was broken, in words; empty when nothing was.
  const std::vector<std::string>& broken() const { return broken_; }

 private:
  struct Intent {
    std::string plan;
    ResourceId target;
    std::string verb;
    bool undo = false;
    bool open = true;
    bool harmless = false;  // To be repeated.
    bool had_effect = false;
    bool repeated = false;
    bool doubtful = false;  // Repeated on something that is not as it was, and the outside could not tell by whom.
    Json value_before;
  };
  // What the outside has said of an action since its newest intent.
  struct Proof {
    std::optional<ActionState> said;
    std::optional<ProbeAnswer> shows;
  };
  // What an action has done to a field, and how often anybody had set it by then.
  struct Done {
    Json prior;
    uint64_t writes = 0;
  };
  void note_refusal(const Fact& fact);
  void approved(const Fact& fact);
  void intended(const Fact& fact);
  void finished(const Fact& fact);
  void check_selection(const Fact& fact, const Plan& plan, const ResourceId& target);
  void check_limits(const Plan& plan, const Fact& fact);
  void check_outcome(const Fact& fact, const Intent& intent);
  void check_undone(const Effect& effect);

  const VerbRegistry& verbs_;
  const Clock& clock_;
  std::vector<WatchedPolicy> policies_;
  std::map<std::string, Plan> plans_;
  std::set<std::string> approved_;
  std::set<std::string> over_;
  std::set<std::string> recalled_;
  std::set<std::string> paused_;
  std::map<std::string, Intent> intents_;     // By action: the newest.
  std::map<std::string, int> intent_counts_;  // To perform.
  std::map<std::string, int> undo_counts_;
  std::map<std::string, int> effect_counts_;
  std::map<std::string, int> undo_effect_counts_;
  std::map<std::string, int> round_counts_;  // Effects of what must happen once a time of the clock and target.
  std::set<std::string> unknown_;
  std::set<std::string> resolved_;  // By a person, who may say what cannot be proven.
  std::map<std::string, Proof> proofs_;
  std::map<std::string, Done> done_;
  std::map<ResourceId, std::optional<Resource>> checked_;
  std::map<std::string, std::set<ResourceId>> failed_;    // By plan.
  std::set<std::string> proven_;                          // Plans of which an action has succeeded.
  std::map<std::string, std::vector<Duration>> starts_;   // By origin; monotonic.
  std::set<std::pair<std::string, ResourceId>> refused_;  // By a person: origin and target.
  std::map<std::string, Duration> waiting_;               // Complaints, and since when; monotonic.
  std::vector<std::string> broken_;
};

}  // namespace capstan::sim
