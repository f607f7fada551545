// What becomes of the proposals of a policy whose file was taken away.
#pragma once

#include <functional>
#include <string_view>

#include "act/executor.h"
#include "base/clock.h"

namespace capstan::loop {

// Takes back the plans of policies that are in force no more, as far as nobody has approved them and nothing of them
// has started: nobody calls for them, and an approval would act for rules that there are not.
void withdraw_plans_of_gone_policies(act::Executor& executor, const std::function<bool(std::string_view)>& in_force,
                                     Time now);

}  // namespace capstan::loop
