#include "model/policy_subject.h"

namespace capstan {
namespace {

constexpr std::string_view kPrefix = "policy:";

}  // namespace

std::string policy_subject(std::string_view policy) { return std::string(kPrefix).append(policy); }

std::string_view policy_of_subject(std::string_view subject) {
  return subject.starts_with(kPrefix) ? subject.substr(kPrefix.size()) : std::string_view();
}

}  // namespace capstan
