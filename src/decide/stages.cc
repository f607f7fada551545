#include "decide/stages.h"

#include <algorithm>

#include "decide/plan_maker.h"
#include "model/policy_fact.h"
#include "model/policy_subject.h"
#include "model/span.h"

namespace capstan::decide {
namespace {

std::string id_of(const Policy& policy, const Resource& target, std::string_view occasion, size_t step, int attempt) {
  Intended intended;
  intended.target = &target;
  intended.root = target.id;
  intended.verb = policy.steps[step].verb;
  intended.key = std::string(occasion);
  intended.step = step;
  intended.attempt = attempt;
  return action_id(policy, intended);
}

// When the newest attempt at a stage succeeded as a whole; nothing when it did not.
std::optional<Time> done_at(const Policy& policy, const Stage& stage, const Resource& target, std::string_view occasion,
                            const History& history) {
  int attempts = 0;
  while (history.find(id_of(policy, target, occasion, stage.first, attempts))) ++attempts;
  if (attempts == 0) return std::nullopt;
  Time last;
  for (size_t step = stage.first; step < stage.last; ++step) {
    const PastAction* past = history.find(id_of(policy, target, occasion, step, attempts - 1));
    if (!past || past->end != PastAction::End::kSucceeded) return std::nullopt;
    last = std::max(last, past->at);
  }
  return last;
}

std::vector<NewFact> facts_of(std::string_view kind, std::string_view policy, const std::vector<StageChange>& changes,
                              Time now) {
  std::vector<NewFact> facts;
  for (const StageChange& each : changes) {
    Json body = Json::object({{"policy", policy}, {"occasion", each.occasion}});
    set_words(body, "says", each.says);
    facts.push_back({now, std::string(kind), each.target, std::move(body), 0, policy_subject(policy)});
  }
  return facts;
}

}  // namespace

std::vector<Stage> stages_of(const Policy& policy) {
  std::vector<Stage> stages;
  for (size_t i = 0; i < policy.steps.size(); ++i) {
    const Duration wait = policy.steps[i].wait;
    if (stages.empty() || wait > Duration(0)) stages.push_back({.first = i, .last = i, .wait = wait});
    stages.back().last = i + 1;
  }
  return stages;
}

std::optional<NextStage> next_stage(const Policy& policy, const ResourceId& target, std::string_view occasion,
                                    const History& history) {
  const Resource resource{.id = target, .kind = "", .name = "", .labels = {}, .fields = {}};
  const std::vector<Stage> stages = stages_of(policy);
  Time ended;
  for (size_t number = 0; number < stages.size(); ++number) {
    const std::optional<Time> done = done_at(policy, stages[number], resource, occasion, history);
    if (!done) {
      return NextStage{
          .number = number, .stage = stages[number], .due = number == 0 ? Time() : ended + stages[number].wait};
    }
    ended = *done;
  }
  return std::nullopt;
}

Words wait_text(Duration left) {
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(left);
  return say_span(std::max(Duration(minutes), Duration(std::chrono::minutes(1))));
}

Time wait_changes(Time due, Time now) {
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(due - now);
  return due - std::max(Duration(minutes) - Duration(std::chrono::minutes(1)), Duration(0));
}

std::vector<NewFact> begun_facts(std::string_view policy, const std::vector<StageChange>& begun, Time now) {
  return facts_of(fact_kind::kStagesBegun, policy, begun, now);
}

std::vector<NewFact> dropped_facts(std::string_view policy, const std::vector<StageChange>& dropped, Time now) {
  return facts_of(fact_kind::kStagesDropped, policy, dropped, now);
}

}  // namespace capstan::decide
