// By which name facts, plans and pauses speak of a policy: "policy:core-time".
#pragma once

#include <string>
#include <string_view>

namespace capstan {

std::string policy_subject(std::string_view policy);
// The policy that such a name is of; "" for what is no policy's ("incident:inc-12", "capstan").
std::string_view policy_of_subject(std::string_view subject);

}  // namespace capstan
