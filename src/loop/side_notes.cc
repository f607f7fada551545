#include "loop/side_notes.h"

#include "model/side_effect.h"

namespace capstan::loop {

void add_side_notes(Plan& plan, const VerbRegistry& verbs, const ResourceSource& resources) {
  for (Action& action : plan.actions) {
    const auto* verb = dynamic_cast<const TellsSideEffects*>(verbs.find(action.verb));
    if (verb == nullptr) continue;
    const auto target = resources.find(action.target);
    if (!target || !*target) continue;
    const std::string beside = verb->beside(**target, action.parameters);
    if (beside.empty()) continue;
    action.reason = action.reason.empty() ? Words(beside) : Words::joined({action.reason, beside}, "; ");
  }
}

}  // namespace capstan::loop
