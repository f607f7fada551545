// What the page, the command and the API show of a backtest.
#pragma once

#include <vector>

#include "base/json.h"
#include "decide/policy.h"
#include "foresee/backtest.h"
#include "loop/money_desk.h"

namespace capstan::loop {

// The shape of docs/reference/api.md; without `notes`.
Json backtest_json(const decide::Policy& policy, const foresee::BacktestResult& result,
                   const std::vector<ComparedCost>& costs);

}  // namespace capstan::loop
