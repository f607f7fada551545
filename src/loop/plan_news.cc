#include "loop/plan_news.h"

#include <optional>
#include <utility>

#include "tell/compose.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostItems = 1'000;
constexpr Duration kPatience{15'000};  // With relations that take long to derive.

}  // namespace

void PlanNews::note(const Fact& fact) {
  const Words says = words_of(fact.body, "says");
  if (fact.kind == fact_kind::kPlanKept && fact.body["asks"].bool_or(false)) {
    items_.push_back({Kind::kKept, fact.subject, "", says, fact.seq});
  } else if (fact.kind == fact_kind::kPlanFinished) {
    items_.push_back({Kind::kFinished, fact.subject, "", says, fact.seq});
  } else if (fact.kind == fact_kind::kPlanProposed && !fact.actor.starts_with("incident:")) {
    // What an incident recommends is told with it.
    items_.push_back({Kind::kProposed, fact.subject, "", "", fact.seq});
  } else if (fact.kind == fact_kind::kActionFinished &&
             fact.body["state"].string_or_empty() == to_string(ActionState::kUnknown)) {
    items_.push_back({Kind::kUnknown, fact.body["plan_id"].string_or_empty(), fact.subject, says, fact.seq});
  }
}

bool PlanNews::is_early(const Item& item, const Plan& plan, Time now) const {
  return item.kind == Kind::kProposed && item.fact > related_ && now >= plan.created && now - plan.created < kPatience;
}

Status PlanNews::send(const act::Executor& executor, tell::Outbox& outbox, const std::string& page, Time now,
                      FactBook& facts) {
  Status all;
  for (const Item& item : std::exchange(items_, {})) {
    const auto status = executor.status(item.plan);
    if (!status) continue;
    const Plan plan = Plan::from_json((*status)["plan"]);
    if (is_early(item, plan, now)) {
      if (items_.size() < kMostItems) items_.push_back(item);
      continue;
    }
    const ActionState state = parse_action_state((*status)["state"].string_or_empty()).value_or(ActionState::kUnknown);
    std::optional<Draft> message;
    switch (item.kind) {
      case Kind::kProposed:
        if ((*status)["waiting_for"].string_or_empty() == "approval")
          message = tell::compose_plan_waiting(
              plan, {words_of(*status, "frozen"), (*status)["freeze"].string_or_empty()}, page, item.fact);
        break;
      case Kind::kUnknown: message = tell::compose_action_unknown(plan, item.action, item.says, page, item.fact); break;
      case Kind::kKept:
      case Kind::kFinished:
        message = tell::compose_plan_finished(plan,
                                              {.state = state,
                                               .says = item.says,
                                               .by = (*status)["approved_by"].string_or_empty(),
                                               .can_be_undone = (*status)["can_be_undone"].bool_or(false)},
                                              page, item.fact);
        break;
    }
    if (!message) continue;
    // It ended long ago, and that has been told.
    if (item.kind == Kind::kKept) message->id = plan.id + ":kept";
    const Status queued = outbox.queue(*message, now, facts);
    if (queued) continue;
    all = queued;
    if (items_.size() < kMostItems) items_.push_back(item);
  }
  return all;
}

}  // namespace capstan::loop
