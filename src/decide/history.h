// What became of the actions of policies, as far as the next decision needs it. A projection of the ledger.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/action.h"
#include "model/fact.h"

namespace capstan::decide {

struct PastAction {
  enum class End {
    kOpen,  // Proposed, approved or under way.
    kSucceeded,
    kFailed,    // Refused, partly done, undone, or its plan was cancelled.
    kUnknown,   // A person has to say how it ended: as good as open until then.
    kSkipped,   // Never started: its precondition did not hold, or its plan stopped before.
    kRejected,  // A person said no.
    kExpired,   // Nobody answered in time, or it was withdrawn.
  };
  std::string id;
  std::string plan;
  std::string origin;  // "policy:core-time"
  ResourceId target;
  End end = End::kOpen;
  bool intended = false;  // An intent was written: it may have had an effect.
  Time at;                // Of the newest fact about it.
  uint64_t turn = 0;      // Rises with every such fact: clocks go back, the ledger does not.
  std::string by;         // Who rejected it, or had it undone.
  bool undone = false;    // By a person, who does not want it again for the same occurrence.
  bool undoing = false;   // The newest intent is to undo it.
};

// Owned by one thread. Bounded: the oldest actions that ended are forgotten beyond `limit`.
class History {
 public:
  explicit History(size_t limit = 100'000) : limit_(limit) {}

  // Facts in the order of the ledger; those that do not concern plans change nothing.
  void apply(const Fact& fact);

  const PastAction* find(std::string_view action) const;
  // The newest action of this origin on this target that was intended, whatever became of it.
  const PastAction* latest(std::string_view origin, std::string_view target) const;
  // An open action of this origin on this target.
  const PastAction* open(std::string_view origin, std::string_view target) const;
  struct OpenPlan {
    std::string id;
    std::string policy_version;
    std::vector<std::string> actions;
    bool started = false;               // At least one intent was written.
    bool stands = false;                // It asks nobody, as a person has agreed to it in advance.
    std::vector<ResourceId> grants_on;  // For which its approval would be one for good; none where it asks for no such.
  };
  std::vector<OpenPlan> open_plans(std::string_view origin) const;
  // Whose plans are open, sorted.
  std::set<std::string> open_origins() const;
  // A plan that has ended, of which something was done that is to be undone when its alert is quiet.
  struct StandingPlan {
    std::string id;
    std::vector<ResourceId> targets;  // Of what was done.
    Time at;                          // When the last of it was done.
    Duration quiet{0};                // For how long its alert has to be quiet.
  };
  std::vector<StandingPlan> standing_plans(std::string_view origin) const;
  // The newest occasion for which the first of several stages was wanted of a target.
  struct Sequence {
    ResourceId target;
    std::string occasion;
    bool dropped = false;  // It matched no more: no later stage follows.
    Time at;               // Of the newest fact about it.
  };
  const Sequence* sequence(std::string_view policy, std::string_view target) const;
  std::vector<Sequence> sequences(std::string_view policy) const;
  // Whether an action of anybody's plan touched the target within the time before `now`, or is touching it.
  bool touched(std::string_view target, Time now, Duration within) const;
  // From when on that will be so no more, by the clock alone; nothing where something is under way.
  std::optional<Time> untouched_from(std::string_view target, Time now, Duration within) const;

 private:
  struct PlanEntry {
    std::string origin;
    std::string policy_version;
    std::vector<std::string> actions;
    bool stands = false;
    std::vector<ResourceId> grants_on;
    Duration undo_after_quiet{0};  // 0 when it is not to be undone, or has been.
    bool open = true;
    std::string undone_by;  // The person who has it undone; "" for nobody, or its policy.
  };
  void touch(PastAction& action, const Fact& fact);
  void propose(const Fact& fact);
  void end_plan(const Fact& fact, PastAction::End for_unstarted);
  void recall(const Fact& fact);
  void finish_action(const Fact& fact);
  void resolve(const Fact& fact);
  void note_stages(const Fact& fact);
  void forget();

  size_t limit_;
  std::map<std::string, PastAction, std::less<>> actions_;
  std::map<std::string, PlanEntry, std::less<>> plans_;
  std::set<std::string> open_;      // Plans that have not ended,
  std::set<std::string> standing_;  // and those that are to be undone when their alert is quiet.
  std::deque<std::string> ended_;   // Plans, in the order in which they ended.
  // What was planned for each target. They point into the maps above, whose entries do not move.
  struct Planned {
    const PastAction* action = nullptr;
    const PlanEntry* plan = nullptr;
  };
  std::map<std::string, std::vector<Planned>, std::less<>> by_target_;
  // By policy, then target. Bounded as actions are.
  std::map<std::string, std::map<ResourceId, Sequence, std::less<>>, std::less<>> sequences_;
  uint64_t turns_ = 0;
};

}  // namespace capstan::decide
