// Facts in words: what people are told about incidents and plans.
#pragma once

#include <string>

#include "model/action.h"
#include "model/incident.h"
#include "model/message.h"

namespace capstan::tell {

// `page` is the address of the web page, without a slash at its end; links are left out when it is "".
Message compose_opened(const Incident& incident, const std::string& page, Seq cause);
Message compose_changed(const Incident& incident, const std::string& says, const std::string& page, Seq cause);
Message compose_closed(const Incident& incident, const std::string& page, Seq cause);

// A plan that a policy has made and that a person has to approve.
Message compose_plan_waiting(const Plan& plan, const std::string& page, Seq cause);

// An action of which nobody knows whether it happened: a person has to look.
Message compose_action_unknown(const Plan& plan, const std::string& action, const std::string& says,
                               const std::string& page, Seq cause);

// What a policy will do to a resource before long; `to` is whom the policy names, as it names them.
Message compose_notice(const std::string& id, const ResourceId& resource, const std::string& to,
                       const std::string& says, const std::string& page);

// How a plan ended; `state` is an action state, `says` a sentence, `by` who approved it.
Message compose_plan_finished(const Plan& plan, ActionState state, const std::string& says, const std::string& by,
                              const std::string& page, Seq cause);

}  // namespace capstan::tell
