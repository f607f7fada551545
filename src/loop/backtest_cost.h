// What a backtest's world would have cost, beside what was.
#pragma once

#include <vector>

#include "catalog/catalog.h"
#include "foresee/backtest.h"
#include "loop/money_desk.h"

namespace capstan::loop {

// Of every resource that the policy was about and that has a price.
Result<std::vector<ComparedCost>> compare_costs(const foresee::BacktestResult& result, Time from, Time to,
                                                const catalog::Catalog& catalog, const MoneyDesk& money);

// Versions with the differences of their resource laid over them.
std::vector<catalog::ResourceVersion> laid_over(const catalog::ResourceVersion& version, const KindSpec& kind,
                                                const std::vector<const foresee::BacktestDifference*>& differences);

}  // namespace capstan::loop
