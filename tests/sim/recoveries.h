// Tells from the facts which way of recovery was taken, so that every one of them can be counted.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>

#include "model/fact.h"
#include "sim/tally.h"

namespace capstan::sim {

class Recoveries {
 public:
  explicit Recoveries(Tally& tally) : tally_(tally) {}

  void see(const Fact& fact);
  // An append that the disk had no room for.
  void refused(std::span<const NewFact> facts);

 private:
  void repeated(const Fact& fact);
  void finished(const Fact& fact);
  void count(std::string_view what) { tally_.count(std::string("recovery: ") + std::string(what)); }

  Tally& tally_;
  std::set<std::string> undoing_;       // Actions whose newest intent is to undo.
  std::set<std::string> refused_;       // "action.finished a-1": what there was no room for.
  std::map<std::string, Json> before_;  // Of each action, as its newest intent to perform says.
  std::set<std::string> no_intent_;     // Actions whose intent there was no room for.
};

}  // namespace capstan::sim
