#include "loop/gone_policies.h"

#include <string>

namespace capstan::loop {

void withdraw_plans_of_gone_policies(act::Executor& executor, const std::function<bool(std::string_view)>& in_force,
                                     Time now) {
  constexpr std::string_view kPolicy = "policy:";
  const Json waiting = executor.list("waiting");
  for (const Json& status : waiting.items()) {
    const std::string origin = status["plan"]["origin"].string_or_empty();
    if (!origin.starts_with(kPolicy) || in_force(std::string_view(origin).substr(kPolicy.size()))) continue;
    // Refused when somebody has started it meanwhile, which is as it should be.
    (void)executor.withdraw(status["plan"]["id"].string_or_empty(), "its policy is in force no more", now);
  }
}

}  // namespace capstan::loop
