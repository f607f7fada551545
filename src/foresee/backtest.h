// A policy over the recorded past: the decision that runs live, asked wherever something changed, with the policy's own
// effects laid over what was recorded. A pure function of policy and past.
//
// What it did stays so until the recorded past itself changes the same field of the same resource. What a policy of the
// same name did in the recorded past is taken out first: a field then stays as it was before, until somebody else
// changes it. A plan is taken as approved at once, and an action as succeeding at once; no more are started a minute
// than the policy's rate allows, and what a change freeze holds back starts at its end, unless nobody calls for it any
// more. A budget holds back what it would hold back live, with the prices of that time.
#pragma once

#include <functional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "decide/policy.h"
#include "foresee/past.h"
#include "foresee/past_money.h"
#include "model/words.h"

namespace capstan::foresee {

struct BacktestOptions {
  Time from;
  Time to;
  Duration step{60'000};       // How often the policy looks, at the most.
  PastMoney* money = nullptr;  // None: budgets are not asked about.
  std::stop_token stop;
  std::function<void(double done)> progress;  // 0..1; may be empty.
};

// What it would have done.
struct BacktestAction {
  Time at;
  std::string verb;
  ResourceId target;
  std::string name;
  Words reason;
  std::string plan;
  Time planned;                  // When its plan was made: earlier where the rate or a freeze put it off.
  std::string held_by;           // The freeze that held it back until then; "" for none.
  bool asks = false;             // A person would have been asked.
  bool is_undo = false;          // What it had done was taken back.
  bool is_effect_known = false;  // Else the past goes on as it was recorded.
};

// For how long a field would have said something else than was recorded; `removed`: the resource would not have been.
struct BacktestDifference {
  ResourceId resource;
  std::string kind;
  Time from;
  Time to;
  std::string column;
  Json value;
  bool removed = false;
};

// What a freeze held back: of its actions, those that came after it, and those that nobody called for any more then.
struct BacktestHeld {
  size_t actions = 0;
  size_t dropped = 0;
};

// A resource that was not acted on because the budget did not bear it.
struct BacktestOverBudget {
  ResourceId resource;
  std::string name;
  Time from;
  Time to;
  Words why;  // At first.
};

struct BacktestResult {
  std::vector<BacktestAction> actions;  // Rising; the first kMostBacktestActions of them.
  size_t action_count = 0;
  size_t plans = 0;
  size_t asks = 0;                              // Plans for which a person would have been asked.
  size_t looks = 0;                             // Times at which it was decided.
  std::map<ResourceId, std::string> resources;  // That it was about at any time, with their kind.
  std::vector<BacktestDifference> differences;
  std::set<std::string> unknown_effects;        // Verbs.
  std::map<std::string, BacktestHeld> held;     // By freeze.
  std::vector<BacktestOverBudget> over_budget;  // Rising by when they began; the first kMostOverBudget of them.
  size_t over_budget_count = 0;
};
inline constexpr size_t kMostBacktestActions = 50'000;
inline constexpr size_t kMostOverBudget = 10'000;

// kCancelled when stopped.
Result<BacktestResult> backtest(const decide::Policy& policy, const Past& past, const BacktestOptions& options);

}  // namespace capstan::foresee
