// Which policies need not be asked at a tick, as nothing that their answer depends on can have changed since they were
// asked: no fact that they look at (PolicyNeeds) and no time of the clock (decide::Decision::again). Where that is not
// certain they are awake. A policy that judges each resource by itself, and has nothing open, is asked about what has
// changed alone, and rests on.
#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "decide/decide.h"
#include "loop/policy_needs.h"
#include "model/fact.h"

namespace capstan::loop {

// How often policies were asked, since the start: thread-safe.
struct PolicyPasses {
  std::atomic<uint64_t> over_all = 0;
  std::atomic<uint64_t> over_changes = 0;  // Only about what had changed.
  std::atomic<uint64_t> spared = 0;        // Ticks at which a policy was not asked about all, as it rested.

  // In the Prometheus text format.
  std::string metrics() const;
};

// Owned by the loop; not thread-safe.
class PolicyRest {
 public:
  // However sure it seems, a policy is asked again after so long: schedules look no further than 35 days, for one.
  static constexpr Duration kLongest{300'000};
  // 0: none ever rests.
  void set_longest(Duration longest) { longest_ = longest; }

  // What is known besides a fact when it is noted.
  struct Known {
    const decide::History& history;  // Which has taken it already.
    bool inherits = false;           // An override of what a resource belongs to may decide over it.
  };
  // Facts in the order of the ledger, without gaps: after one, everybody is awake.
  void note(const Fact& fact, const Known& known);
  // Everybody is awake unless the newest fact that was noted is the ledger's, and the catalog has it.
  void check(Seq ledger, Seq catalog);

  // The policies in force. All of them are awake.
  void set(std::map<std::string, PolicyNeeds> needs);
  void wake(const std::string& policy);

  // Whether its answer is as it was. False for what is not known, and until the time of the newest fact has come again
  // where somebody has set the clock back: then the past begins to count as the clock goes on.
  bool rests(const std::string& policy, Time now) const;
  // A policy is asked about all: what is noted from now on wakes it again.
  void begin(const std::string& policy);
  // It has been asked and can rest, until `again` at the latest. `is_open`: a plan of it is, or stands, which is judged
  // only where all is asked about.
  void end(const std::string& policy, Time now, std::optional<Time> again, bool is_open);
  // One that rests has been asked about what has changed: it rests no longer than until `again`.
  void shorten(const std::string& policy, std::optional<Time> again);

  // The resources that have changed since the last call, by kind, those that have gone among them; nothing where they
  // are too many to tell, and then everybody is awake.
  using Changes = std::map<std::string, std::vector<ResourceId>, std::less<>>;
  std::optional<Changes> take_changes();

  PolicyPasses& passes() { return passes_; }

 private:
  struct State {
    PolicyNeeds needs;
    std::string kind;  // What it judges one by one, while it may rest on where one changes; else "".
    bool awake = true;
    Time asked;
    Time until;
  };
  void wake_all();
  template <class Concerns>
  void wake_if(Concerns concerns);
  void note_resource(const Fact& fact);
  void note_action(const Fact& fact, const decide::History& history);

  Duration longest_ = kLongest;
  std::map<std::string, State> states_;
  Seq noted_ = 0;
  Time newest_;  // Of the facts that were noted.
  std::map<std::string, std::set<ResourceId>, std::less<>> changed_;
  size_t changes_ = 0;
  PolicyPasses passes_;
};

}  // namespace capstan::loop
