// What must be true in every world, whatever fails: checked from the facts and the effects alone, never from what the
// executor says of itself.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/action.h"
#include "sim/plumbing.h"
#include "sim/world.h"

namespace capstan::sim {

class Laws {
 public:
  explicit Laws(const VerbRegistry& verbs) : verbs_(verbs) {}

  void see(const Fact& fact);
  void see(const Effect& effect);
  // Called when the world has come to rest: whether every intent has ended.
  void at_rest();

  // What was broken, in words; empty when nothing was.
  const std::vector<std::string>& broken() const { return broken_; }

 private:
  struct Intent {
    std::string plan;
    ResourceId target;
    bool undo = false;
    bool open = true;
  };
  void intended(const Fact& fact);
  void finished(const Fact& fact);
  void check_limits(const Plan& plan, const Fact& fact);
  void breach(std::string what) { broken_.push_back(std::move(what)); }

  const VerbRegistry& verbs_;
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
  std::set<std::string> unknown_;
  std::map<std::string, std::vector<Time>> starts_;  // By origin.
  std::vector<std::string> broken_;
};

}  // namespace capstan::sim
