// What the ledger says of the past beside the resources themselves: who was watched, which policy was about what, and
// what people had kept up. A projection of it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "decide/override.h"
#include "model/fact.h"
#include "money/spans.h"

namespace capstan::money {

// That a policy was about a resource, within hours of the resource's own or ("") those of the policy.
struct Covered {
  Interval when;  // Ends at Time::max() while it goes on.
  std::string hours;
};

// Owned by one thread.
class Past {
 public:
  // Facts in the order of the ledger; those that do not concern it change nothing.
  void apply(const Fact& fact);

  // When resources of a kind were watched. `scope` is who sees the resource; "" where that is not known any more.
  Spans observed(std::string_view kind, std::string_view scope, Time now) const;
  // Whether the next look of a scope is the first since it could not be seen.
  bool is_seen(std::string_view scope) const;
  // All that were ever set, those that have ended too.
  std::vector<decide::Override> overrides() const;

  using OfPolicy = std::map<ResourceId, std::vector<Covered>>;
  const std::map<std::string, OfPolicy, std::less<>>& coverage() const { return coverage_; }
  // The facts that write down what a policy is about from now on: each resource with its own hours. None where that is
  // known already.
  std::vector<NewFact> cover(std::string_view policy, const std::map<ResourceId, std::string>& now_about,
                             Time now) const;

 private:
  struct Watch {
    std::vector<Interval> ended;
    std::optional<Time> since;

    void end(Time at);
    Spans spans(Time now) const;
  };
  void end_all(Time at);
  void forget(Time before);
  void take_coverage(const Fact& fact);

  Watch capstan_;  // Whether Capstan ran at all.
  bool was_stopped_ = true;
  Time last_;  // Of the newest fact.
  std::map<std::string, Watch, std::less<>> scopes_;
  std::map<std::string, std::set<std::string>, std::less<>> scopes_of_;  // Of each kind.
  std::map<std::string, decide::Override, std::less<>> overrides_;
  std::map<std::string, OfPolicy, std::less<>> coverage_;
};

}  // namespace capstan::money
