// What people are told about incidents and plans, by the phrases of the catalog.
#pragma once

#include <string>

#include "model/action.h"
#include "model/draft.h"
#include "model/incident.h"

namespace capstan::tell {

// `page` is the address of the web page, without a slash at its end; links are left out when it is "".
Draft compose_opened(const Incident& incident, const std::string& page, Seq cause);
Draft compose_changed(const Incident& incident, const Words& says, const std::string& page, Seq cause);
Draft compose_closed(const Incident& incident, const std::string& page, Seq cause);

// A plan that a policy has made and that a person has to approve.
// `held` is what holds it back at the moment.
struct PlanHold {
  Words says;          // "frozen by year-end until …"; nothing when nothing does.
  std::string freeze;  // The freeze's name.
};
Draft compose_plan_waiting(const Plan& plan, const PlanHold& held, const std::string& page, Seq cause);

// An action of which nobody knows whether it happened: a person has to look.
Draft compose_action_unknown(const Plan& plan, const std::string& action, const Words& says, const std::string& page,
                             Seq cause);

// What a policy will do to a resource before long; `to` is whom the policy names, as it names them.
Draft compose_notice(const std::string& id, const ResourceId& resource, const std::string& to, const Words& says,
                     const std::string& page);

// How a plan ended.
struct PlanEnd {
  ActionState state = ActionState::kUnknown;
  Words says;                  // A sentence.
  std::string by;              // Who approved it; "" for nobody.
  bool can_be_undone = false;  // Then there is a button that does.
};
Draft compose_plan_finished(const Plan& plan, const PlanEnd& end, const std::string& page, Seq cause);

}  // namespace capstan::tell
