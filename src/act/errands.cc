#include "act/errands.h"

#include <fmt/format.h>

#include <cmath>

#include "model/verb_check.h"

namespace capstan::act {
namespace {

Prepared answer(Prepared::Answer kind, std::string says) {
  return {.answer = kind, .says = std::move(says), .target = {}, .before = {}};
}

// A mistake stays one; everything else may be better in a while.
Prepared failed(const Error& error, std::string_view what) {
  const bool final = error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kUnimplemented ||
                     error.code == ErrorCode::kPermissionDenied;
  return answer(final ? Prepared::Answer::kRefuse : Prepared::Answer::kLater,
                fmt::format("{}: {}", what, error.message));
}

// Kinds become part of the text of a query, so only what can be a table's name may pass.
bool is_table_name(std::string_view kind) {
  return !kind.empty() && kind.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
                              std::string_view::npos;
}

}  // namespace

Prepared prepare(const Action& action, Verb* verb, const ResourceSource& resources, const SqlSource& sql, Time now) {
  using Answer = Prepared::Answer;
  if (!verb) return answer(Answer::kRefuse, fmt::format("the verb '{}' is not known any more", action.verb));
  Result<std::optional<Resource>> target = resources.find(action.target);
  if (!target) return failed(target.error(), "looking up the target");
  if (!*target) return answer(Answer::kSkip, fmt::format("{} is gone", action.target));
  const Resource& resource = **target;
  if (Status kind = check_target_kind(verb->spec(), resource.kind); !kind)
    return answer(Answer::kRefuse, kind.error().message);
  if (!action.precondition.empty()) {
    if (!is_table_name(resource.kind)) return answer(Answer::kRefuse, fmt::format("'{}' is no kind", resource.kind));
    SqlSource::Options options;
    options.row_limit = 1;
    options.bind = {{":id", action.target}};
    const Result<Table> holds = sql.query(
        fmt::format("SELECT 1 FROM {} WHERE id = :id AND ({})", resource.kind, action.precondition), now, options);
    if (!holds) return failed(holds.error(), "checking the precondition");
    if (holds->rows.empty()) return answer(Answer::kSkip, "its precondition no longer holds: " + action.precondition);
  }
  if (Status checked = verb->check(resource, action.parameters); !checked) return failed(checked.error(), "checking");
  Result<Json> before = verb->state_before(resource, action.parameters);
  if (!before) {
    if (before.error().code == ErrorCode::kNotFound) return answer(Answer::kSkip, before.error().message);
    return failed(before.error(), "recording the state before");
  }
  return {.answer = Answer::kGo, .says = "", .target = resource, .before = std::move(*before)};
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
    return {{ActionState::kReverted, "the effect is gone already", {}}, ProbeAnswer::kDidNotHappen};
  }
  effect.performed = verb.undo(action, target, before, stop);
  effect.shows = verb.probe(action, target, before);
  return effect;
}

Checked check_signal(const std::string& promql, const SignalSource& signals, Time now) {
  const Result<std::vector<SeriesSample>> answer = signals.query(promql, now);
  if (!answer) return {false, "the check could not be made: " + answer.error().message};
  for (const SeriesSample& each : *answer) {
    if (each.sample.value != 0 && !std::isnan(each.sample.value)) return {true, "holds"};
  }
  return {false, answer->empty() ? "the check has no result" : "the check is false"};
}

Performed outcome_of_performing(const Effect& effect) {
  Performed outcome = effect.performed;
  switch (outcome.state) {
    case ActionState::kSucceeded:
      if (effect.shows == ProbeAnswer::kDidNotHappen) {
        outcome.state = ActionState::kFailed;
        outcome.says += "; but the outside shows no effect";
      }
      return outcome;
    case ActionState::kPartial: return outcome;
    case ActionState::kFailed:
      if (effect.shows == ProbeAnswer::kHappened) {
        outcome.state = ActionState::kSucceeded;
        outcome.says += "; but the outside shows that it happened";
      }
      return outcome;
    default: break;
  }
  if (effect.shows == ProbeAnswer::kHappened) {
    outcome.state = ActionState::kSucceeded;
    outcome.says += "; the outside shows that it happened";
  } else if (effect.shows == ProbeAnswer::kDidNotHappen) {
    outcome.state = ActionState::kFailed;
    outcome.says += "; the outside shows that it did not happen";
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
    outcome.says += "; the effect is still there";
  } else if (outcome.state == ActionState::kSucceeded || outcome.state == ActionState::kReverted) {
    outcome.state = ActionState::kReverted;
  } else {
    outcome.state = outcome.state == ActionState::kFailed ? ActionState::kSucceeded : ActionState::kUnknown;
  }
  return outcome;
}

}  // namespace capstan::act
