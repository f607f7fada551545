#include "foresee/turns.h"

#include <algorithm>

namespace capstan::foresee {

std::vector<const Action*> in_order(const Plan& plan) {
  std::vector<const Action*> order;
  std::set<std::string_view> done;
  std::vector<const Action*> waiting;
  for (const Action& action : plan.actions) waiting.push_back(&action);
  while (!waiting.empty()) {
    std::vector<const Action*> later;
    for (const Action* action : waiting) {
      const bool is_ready = std::ranges::all_of(action->after, [&](const auto& id) { return done.contains(id); });
      if (is_ready) {
        order.push_back(action);
        done.insert(action->id);
      } else {
        later.push_back(action);
      }
    }
    if (later.size() == waiting.size()) return order;  // A cycle: the executor would not start these either.
    waiting = std::move(later);
  }
  return order;
}

void Turns::add(const Plan& plan, bool asks, Time now) {
  const std::vector<const Action*> actions = in_order(plan);
  const int a_minute = std::max(1, plan.limits.per_minute);
  for (size_t i = 0; i < actions.size(); ++i) {
    const Time at = now + std::chrono::minutes(i / static_cast<size_t>(a_minute));
    times_[actions[i]->id] = at;
    waiting_.emplace(at, Turn{.action = *actions[i],
                              .plan = plan.id,
                              .planned = now,
                              .per_minute = a_minute,
                              .asks = asks,
                              .is_late = at != now,
                              .held_by = ""});
  }
  if (!actions.empty()) plans_[plan.id].left += actions.size();
}

std::optional<Time> Turns::next() const {
  return waiting_.empty() ? std::nullopt : std::optional(waiting_.begin()->first);
}

std::optional<Turn> Turns::take(Time now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    Turn turn = std::move(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
    if (const auto hold = freezes_.held_back(turn.action, turn.plan, labels_of_(turn.action.target), now)) {
      put_off(std::move(turn), *hold);
      continue;
    }
    // What it waits for may be held back though it is not.
    std::optional<Time> after;
    for (const std::string& id : turn.action.after) {
      if (const auto first = times_.find(id); first != times_.end())
        after = std::max(after.value_or(now), first->second);
    }
    if (after && *after > now) {
      turn.is_late = true;
      times_[turn.action.id] = *after;
      waiting_.emplace(*after, std::move(turn));
      continue;
    }
    if (!turn.held_by.empty()) --held_;
    times_.erase(turn.action.id);
    OfPlan& plan = plans_[turn.plan];
    plan.begun = true;
    turn.is_last = --plan.left == 0;
    if (turn.is_last) plans_.erase(turn.plan);
    return turn;
  }
  std::erase_if(resumed_, [&](const auto& each) { return each.first < now; });
  return std::nullopt;
}

void Turns::put_off(Turn turn, const PastFreezes::Hold& hold) {
  if (turn.held_by.empty()) {
    turn.held_by = hold.freeze;
    ++held_;
  }
  turn.is_late = true;
  const Time at = hold.until + std::chrono::minutes(resumed_[hold.until]++ / static_cast<size_t>(turn.per_minute));
  times_[turn.action.id] = at;
  waiting_.emplace(at, std::move(turn));
}

std::vector<Turn> Turns::withdraw(const std::string& plan) {
  std::vector<Turn> taken;
  const auto found = plans_.find(plan);
  if (found == plans_.end() || found->second.begun) return taken;
  std::erase_if(waiting_, [&](auto& each) {
    if (each.second.plan != plan) return false;
    if (!each.second.held_by.empty()) --held_;
    times_.erase(each.second.action.id);
    taken.push_back(std::move(each.second));
    return true;
  });
  plans_.erase(found);
  return taken;
}

std::optional<PastFreezes::Hold> Turns::held_back(const Plan& plan, Time now) const {
  for (const Action& action : plan.actions) {
    if (auto hold = freezes_.held_back(action, plan.id, labels_of_(action.target), now)) return hold;
  }
  return std::nullopt;
}

}  // namespace capstan::foresee
