// The work itself, as functions that run on a worker: they know nothing of the executor's state.
#pragma once

#include <stop_token>
#include <string>

#include "act/work.h"
#include "model/resource_source.h"
#include "model/signal.h"
#include "model/table.h"

namespace capstan::act {

// Looks the target up, checks verb, parameters and precondition, and asks for the state before; of what is `repeated`
// also whether its effect is there already. Touches nothing.
Prepared prepare(const Action& action, Verb* verb, bool repeated, const ResourceSource& resources, const SqlSource& sql,
                 Time now);

// Performs, then asks the outside whether it happened.
Effect perform(const Action& action, Verb& verb, const Resource& target, const Json& before,
               const std::stop_token& stop);

// Undoes, then asks the outside whether the effect is gone.
Effect undo(const Action& action, Verb& verb, const Resource& target, const Json& before, const std::stop_token& stop);

// True when the query has a result that is neither zero nor NaN. An error counts as false and is told.
Checked check_signal(const std::string& promql, const SignalSource& signals, Time now);

// What an action came to, from what the verb said and what the outside shows. The outside is believed.
Performed outcome_of_performing(const Effect& effect);
// The same for undoing: kReverted, kSucceeded when the effect is still there, or kUnknown.
Performed outcome_of_undoing(const Effect& effect);

}  // namespace capstan::act
