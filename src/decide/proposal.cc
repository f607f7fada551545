#include "decide/proposal.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "decide/budget_guard.h"

namespace capstan::decide {
namespace {

class Proposal {
 public:
  Proposal(const Policy& policy, const Situation& situation, size_t selected, std::vector<Intended> intended,
           Decision& decision)
      : policy_(policy),
        situation_(situation),
        selected_(selected),
        intended_(std::move(intended)),
        decision_(decision) {}

  void make() {
    if (intended_.empty()) return;
    std::map<ResourceId, size_t> actions;  // By root.
    for (const Intended& intended : intended_) ++actions[intended.root];
    const bool covered = policy_.approval == "standing" && keep_covered(actions);
    const Words unpriced = policy_.budget ? keep_within_budget(actions) : Words();
    if (intended_.empty()) return;
    const size_t whole = actions.size();
    std::set<ResourceId> roots;
    size_t taken = 0;
    for (const auto& [root, count] : actions) {
      if (!roots.empty() && taken + count > kMaxPlanActions) break;
      roots.insert(root);
      taken += count;
    }
    for (const auto& [root, count] : actions) {
      if (!roots.contains(root))
        put_off(root, Words::phrase("why.comes_after",
                                    {{"count", std::to_string(roots.size())}, {"whole", std::to_string(whole)}}));
    }
    std::erase_if(intended_, [&](const Intended& intended) { return !roots.contains(intended.root); });
    std::ranges::stable_sort(intended_, {}, &Intended::step);
    decision_.plan = PlanMaker(policy_, situation_, selected_, whole).make(intended_);
    decision_.plan->left_out = over_budget_;
    if (!unpriced.empty()) {
      decision_.plan->approval = "ask";
      decision_.plan->title = Words::phrase("plan.asks_budget", {{"title", decision_.plan->title}, {"why", unpriced}});
      return;
    }
    if (covered || policy_.approval == "none") return;
    decision_.plan->approval = "ask";
    decision_.plan->grant = grant_of(roots);
  }

 private:
  // Leaves out what would cost more than the budget bears. What costs something that nobody knows is left in: says so,
  // and then a person is asked.
  Words keep_within_budget(std::map<ResourceId, size_t>& actions) {
    const BudgetVerdict verdict = judge_budget(policy_, situation_, decision_.verdicts, intended_);
    for (const auto& [root, why] : verdict.over) {
      put_off(root, why);
      actions.erase(root);
      decision_.over_budget.push_back(root);
    }
    if (!verdict.over.empty())
      over_budget_ = Words::phrase(
          "budget.left_out", {{"count", std::to_string(verdict.over.size())}, {"why", verdict.over.begin()->second}});
    std::erase_if(intended_, [&](const Intended& intended) { return verdict.over.contains(intended.root); });
    return verdict.unknown;
  }

  // Leaves only what a person has agreed to in advance, where there is such; the rest comes in a plan of its own, which
  // asks. False when all of it has to be asked for.
  bool keep_covered(std::map<ResourceId, size_t>& actions) {
    std::set<ResourceId> uncovered;
    for (const auto& [root, count] : actions) {
      if (!situation_.approves(policy_, root)) uncovered.insert(root);
    }
    if (uncovered.size() == actions.size()) return false;
    for (const ResourceId& root : uncovered) {
      actions.erase(root);
      put_off(root, Words::phrase("why.asked_later"));
    }
    std::erase_if(intended_, [&](const Intended& intended) { return uncovered.contains(intended.root); });
    for (Intended& intended : intended_)
      intended.approved = approved_owner(situation_.approvals, {policy_.name, policy_.version}, intended.root,
                                         situation_.owners_of(intended.root));
    return true;
  }

  // What a person allows for good with a plan about `roots`.
  Grant grant_of(const std::set<ResourceId>& roots) const {
    Grant grant;
    if (policy_.approval == "standing") grant.policies.push_back({policy_.name, policy_.version});
    for (const std::string& name : policy_.grants) {
      const auto known = situation_.versions.find(name);
      if (known != situation_.versions.end() && name != policy_.name) grant.policies.push_back({name, known->second});
    }
    if (!grant.empty()) grant.resources.assign(roots.begin(), roots.end());
    return grant;
  }

  void put_off(const ResourceId& id, const Words& why) {
    for (Verdict& verdict : decision_.verdicts) {
      if (verdict.resource != id) continue;
      verdict.acts = false;
      verdict.why = Words::joined({why, verdict.why}, ": ");
    }
  }

  const Policy& policy_;
  const Situation& situation_;
  size_t selected_;
  std::vector<Intended> intended_;
  Decision& decision_;
  Words over_budget_;  // How many the budget held back, and why; nothing where none.
};

}  // namespace

void propose(const Policy& policy, const Situation& situation, size_t selected, std::vector<Intended> intended,
             Decision& decision) {
  Proposal(policy, situation, selected, std::move(intended), decision).make();
}

}  // namespace capstan::decide
