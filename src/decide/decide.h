// The decision itself: a pure function of policy, catalog, findings, past and time. It says for every resource what was
// decided and which clause decided it, and gives the difference to what is wanted as a plan.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "decide/history.h"
#include "decide/override.h"
#include "decide/policy.h"
#include "decide/selection.h"
#include "decide/stages.h"
#include "decide/standing_approvals.h"
#include "model/action.h"

namespace capstan::decide {

// Everything a decision depends on. The same situation gives the same decision, to the last id.
struct Situation {
  std::vector<Candidate> candidates;  // From select_candidates.
  std::vector<Relation> relations;    // Between the candidates, for the order; others are ignored.
  // What belongs to a candidate, directly or not: asked for only where a policy deletes it.
  std::map<ResourceId, std::vector<Resource>> belongings;
  // What a candidate belongs to: asked for only where `overrides` or `approvals` may name it.
  std::map<ResourceId, std::vector<ResourceId>> owners;
  std::vector<catalog::KnownFinding> findings;  // The open ones; and those of the policy's alert that have ended.
  std::vector<catalog::KnownIncident> incidents;
  std::vector<Override> overrides;
  std::vector<StandingApproval> approvals;
  std::map<std::string, std::string> versions;  // Of the policies that this one grants, by name.
  std::vector<ManualTouch> touches;
  Money money;  // Of the candidates: asked for only where the policy has a budget.
  // By how much an hour an action would change what a target costs, with what belongs to it: by action_key. What is
  // there without a number has no price; of what is not there the verb does not say what it leaves behind.
  std::map<ResourceId, std::map<std::string, std::optional<double>>> changes = {};
  const History* history = nullptr;  // Never null when decide is called.
  // What verbs are called in Korean, by their full names; null where nobody says.
  const std::map<std::string, std::string>* titles_ko = nullptr;
  // Of what the policy selects beside the candidates, where they are not all. Then no plan is taken back or undone, as
  // that would have to be asked of all of them.
  struct Rest {
    size_t selected = 0;
    size_t as_wanted = 0;
    size_t wanted = 0;  // Of which anything is wanted.
  };
  std::optional<Rest> rest = {};
  Time now;
  Time in_force_since;  // Times of the clock before this are not made up.

  // What a candidate belongs to, as far as that was asked for.
  std::span<const ResourceId> owners_of(const ResourceId& id) const;
  // Whether a person has agreed in advance to what `policy` does to a selected resource.
  bool approves(const Policy& policy, const ResourceId& root) const;
};

// Of two times that may not come, the one that comes first.
std::optional<Time> earlier(std::optional<Time> one, std::optional<Time> other);

// "2026-01-08T10:00Z": a time, as verdicts say it.
std::string clock_text(Time time);

struct Verdict {
  ResourceId resource;
  std::string name;
  bool matched = false;
  bool forbidden = false;  // By a clause of `never`.
  std::string observed;    // The state it is in, where the policy is about one.
  std::string wanted;      // The state it should be in; "" for none.
  bool as_wanted = false;  // What it is is known, and nothing has to be done.
  bool acts = false;       // It is in the plan.
  std::string verb;        // What is to be done to it first, by this plan or by one that is open; "" for nothing.
  Words why;               // "outside Mon-Fri 09:00-18:00", "never: labels data=sensitive", "cooling down until …"
  std::string override;    // The id of the override that decided; "" for none.
  std::string hours;       // Its own schedule, where the policy asks for such.
  // The step that waits, and until when; "" for none.
  std::string next;
  Time next_at;
  // When the clock alone may decide otherwise while all else stays as it is; nothing: it does not.
  std::optional<Time> again;
  // When it will be said in other words, as they count the time ("in 35m"); nothing: they stay.
  std::optional<Time> reworded;

  void look_again(std::optional<Time> at) { again = earlier(again, at); }
};

struct Decision {
  std::vector<Verdict> verdicts;
  std::optional<Plan> plan;
  // Open plans that nobody has started and that this situation no longer calls for: to be taken back.
  std::vector<std::string> withdraw;
  // Plans that have ended and whose reason has been gone for as long as the policy wants: to be undone.
  std::vector<std::string> undo;
  // Where the first of several stages is wanted, and where the later ones are no more: to be written down, these before
  // the plan is handed on.
  std::vector<StageChange> begun;
  std::vector<StageChange> dropped;
  std::vector<ResourceId> over_budget;  // Not acted on: the budget does not bear it; `why` of its verdict says so.
  Words summary;                        // One line for the list of policies: "keeps 3 of 3 running".
  // The earliest time at which any of this may be otherwise, or said in other words, by the clock alone.
  std::optional<Time> again;

  // Whether nothing follows from it: all is as it should be, or cannot be helped now.
  bool is_calm() const;
};

Decision decide(const Policy& policy, const Situation& situation);

// A plan of more actions than this is made in parts; the rest follows when it has ended.
inline constexpr size_t kMaxPlanActions = 1'000;

}  // namespace capstan::decide
