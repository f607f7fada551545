#include "act/errands.h"

#include <fmt/format.h>

#include <cmath>

#include "model/verb_check.h"

namespace capstan::act {
namespace {

Prepared answer(Prepared::Answer kind, Words says) {
  return {.answer = kind, .says = std::move(says), .target = {}, .before = {}, .shows = ProbeAnswer::kCannotTell};
}

// A mistake stays one; everything else may be better in a while.
Prepared failed(const Error& error, std::string_view phrase) {
  const bool final = error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kUnimplemented ||
                     error.code == ErrorCode::kPermissionDenied;
  return answer(final ? Prepared::Answer::kRefuse : Prepared::Answer::kLater,
                Words::phrase(phrase, {{"error", quoted(error)}}));
}

// Kinds become part of the text of a query, so only what can be a table's name may pass.
bool is_table_name(std::string_view kind) {
  return !kind.empty() && kind.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
                              std::string_view::npos;
}

}  // namespace

Prepared prepare(const Action& action, Verb* verb, bool repeated, const ResourceSource& resources, const SqlSource& sql,
                 Time now) {
  using Answer = Prepared::Answer;
  if (!verb) return answer(Answer::kRefuse, Words::phrase("act.no_verb", {{"verb", action.verb}}));
  Result<std::optional<Resource>> target = resources.find(action.target);
  if (!target) return failed(target.error(), "act.looking_up");
  if (!*target) return answer(Answer::kSkip, Words::phrase("act.gone", {{"target", action.target}}));
  const Resource& resource = **target;
  if (Status kind = check_target_kind(verb->spec(), resource.kind); !kind)
    return answer(Answer::kRefuse, quoted(kind.error()));
  if (!action.precondition.empty()) {
    if (!is_table_name(resource.kind))
      return answer(Answer::kRefuse, Words::phrase("act.no_kind", {{"kind", resource.kind}}));
    SqlSource::Options options;
    options.row_limit = 1;
    options.bind = {{":id", action.target}};
    const Result<Table> holds = sql.query(
        fmt::format("SELECT 1 FROM {} WHERE id = :id AND ({})", resource.kind, action.precondition), now, options);
    if (!holds) return failed(holds.error(), "act.checking_precondition");
    if (holds->rows.empty())
      return answer(Answer::kSkip, Words::phrase("act.precondition", {{"condition", action.precondition}}));
  }
  if (Status checked = verb->check(resource, action.parameters); !checked)
    return failed(checked.error(), "act.checking");
  Result<Json> before = verb->state_before(resource, action.parameters);
  if (!before) {
    if (before.error().code == ErrorCode::kNotFound) return answer(Answer::kSkip, quoted(before.error()));
    return failed(before.error(), "act.recording");
  }
  const ProbeAnswer shows = repeated ? verb->probe(action, resource, *before) : ProbeAnswer::kCannotTell;
  return {.answer = Answer::kGo, .says = "", .target = resource, .before = std::move(*before), .shows = shows};
}

Effect perform(const Action& action, Verb& verb, const Resource& target, const Json& before,
               const std::stop_token& stop) {
  Effect effect;
  effect.performed = verb.perform(action, target, before, stop);
  const bool refused = effect.performed.state == ActionState::kFailed && effect.performed.certain;
  effect.shows = refused ? ProbeAnswer::kDidNotHappen : verb.probe(action, target, before);
  return effect;
}

Effect undo(const Action& action, Verb& verb, const Resource& target, const Json& before, const std::stop_token& stop) {
  Effect effect;
  // What somebody else has set right since is not touched again.
  if (verb.probe(action, target, before) == ProbeAnswer::kDidNotHappen) {
    return {{ActionState::kReverted, Words::phrase("act.effect_gone"), {}}, ProbeAnswer::kDidNotHappen};
  }
  effect.performed = verb.undo(action, target, before, stop);
  effect.shows = verb.probe(action, target, before);
  return effect;
}

Checked check_signal(const std::string& promql, const SignalSource& signals, Time now) {
  const Result<std::vector<SeriesSample>> answer = signals.query(promql, now);
  if (!answer) return {false, Words::phrase("check.not_made", {{"error", quoted(answer.error())}})};
  for (const SeriesSample& each : *answer) {
    if (each.sample.value != 0 && !std::isnan(each.sample.value)) return {true, Words::phrase("check.holds")};
  }
  return {false, Words::phrase(answer->empty() ? "check.no_result" : "check.false")};
}

Performed outcome_of_performing(const Effect& effect) {
  Performed outcome = effect.performed;
  switch (outcome.state) {
    case ActionState::kSucceeded:
      if (effect.shows == ProbeAnswer::kDidNotHappen) {
        outcome.state = ActionState::kFailed;
        outcome.says = Words::phrase("act.but_no_effect", {{"says", outcome.says}});
      }
      return outcome;
    case ActionState::kPartial: return outcome;
    case ActionState::kFailed:
      if (effect.shows == ProbeAnswer::kHappened) {
        outcome.state = ActionState::kSucceeded;
        outcome.says = Words::phrase("act.but_happened", {{"says", outcome.says}});
      }
      return outcome;
    default: break;
  }
  if (effect.shows == ProbeAnswer::kHappened) {
    outcome.state = ActionState::kSucceeded;
    outcome.says = Words::phrase("act.and_happened", {{"says", outcome.says}});
  } else if (effect.shows == ProbeAnswer::kDidNotHappen) {
    outcome.state = ActionState::kFailed;
    outcome.says = Words::phrase("act.and_not", {{"says", outcome.says}});
  } else {
    outcome.state = ActionState::kUnknown;
  }
  return outcome;
}

Performed outcome_of_undoing(const Effect& effect) {
  Performed outcome = effect.performed;
  if (effect.shows == ProbeAnswer::kDidNotHappen) {
    outcome.state = ActionState::kReverted;
  } else if (effect.shows == ProbeAnswer::kHappened) {
    outcome.state = ActionState::kSucceeded;
    outcome.says = Words::phrase("act.still_there", {{"says", outcome.says}});
  } else if (outcome.state == ActionState::kSucceeded || outcome.state == ActionState::kReverted) {
    outcome.state = ActionState::kReverted;
  } else {
    outcome.state = outcome.state == ActionState::kFailed ? ActionState::kSucceeded : ActionState::kUnknown;
  }
  return outcome;
}

}  // namespace capstan::act
