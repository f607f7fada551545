#include "loop/plan_cards.h"

#include <fmt/format.h>

#include "model/policy_fact.h"
#include "tell/plan_card.h"

namespace capstan::loop {
namespace {

// A plan that ended longer ago than this is nobody's business: its message is left as it is.
constexpr Duration kForgotten{3'600'000};

// What a message says; nothing of which message it is.
std::string content_of(Draft draft) {
  draft.id.clear();
  draft.revises.clear();
  draft.alike.clear();
  return draft.to_json().dump();
}

tell::PlanNow now_of(const Json& status) {
  return {.waits = status["waiting_for"].string_or_empty() == "approval",
          .state = parse_action_state(status["state"].string_or_empty()).value_or(ActionState::kUnknown),
          .by = status["approved_by"].string_or_empty(),
          .says = words_of(status, "says"),
          .frozen = words_of(status, "frozen"),
          .freeze = status["freeze"].string_or_empty()};
}

}  // namespace

void PlanCards::note(const Fact& fact) {
  if (fact.kind == fact_kind::kMessageQueued && !fact.redacted) {
    Draft draft = Draft::from_json(fact.body["message"]);
    if (!draft.revises.empty()) {
      for (auto& [plan, card] : cards_) {
        if (card.first.id == draft.revises) card.told = content_of(draft);
      }
      return;
    }
    if (const auto plan = tell::plan_asked_for(draft)) {
      std::string told = content_of(draft);
      cards_[*plan] = {.first = std::move(draft), .told = std::move(told), .frozen = {}};
    }
    return;
  }
  const bool concerns = fact.kind == fact_kind::kPlanApproved || fact.kind == fact_kind::kPlanRejected ||
                        fact.kind == fact_kind::kPlanCancelled || fact.kind == fact_kind::kPlanFinished ||
                        fact.kind == fact_kind::kFreezeLifted;
  if (!concerns) return;
  if (const auto card = cards_.find(fact.subject); card != cards_.end()) card->second.stale = true;
}

Status PlanCards::revise(const act::Executor& executor, tell::Outbox& outbox, Time now, FactBook& facts) {
  for (auto entry = cards_.begin(); entry != cards_.end();) {
    const std::string& plan = entry->first;
    Card& card = entry->second;
    const Words frozen = executor.held_back(plan, now);
    if (!card.stale && frozen == card.frozen) {
      ++entry;
      continue;
    }
    const auto status = executor.status(plan);
    const tell::PlanNow is = status ? now_of(*status) : tell::PlanNow();
    const auto ended = status ? parse_time((*status)["finished"].string_or_empty()) : Result<Time>(Time());
    const bool is_over = !status || is_final(is.state);
    if (is_over && (!status || now - ended.value_or(Time()) > kForgotten)) {
      entry = cards_.erase(entry);
      continue;
    }
    Draft draft = tell::as_now(card.first, plan, is);
    draft.id = fmt::format("{}:revised:{}", card.first.id, to_unix_ms(now));
    draft.revises = card.first.id;
    std::string content = content_of(draft);
    if (content != card.told) {
      TRY(outbox.queue(draft, now, facts));
      card.told = std::move(content);
    }
    card.stale = false;
    card.frozen = frozen;
    entry = is_over ? cards_.erase(entry) : std::next(entry);
  }
  return {};
}

}  // namespace capstan::loop
