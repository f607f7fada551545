// Reads the recorded past that a policy asks for, out of the catalog's history and the ledger.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "decide/policy.h"
#include "foresee/past.h"
#include "ledger/ledger.h"
#include "loop/money_book.h"
#include "model/table.h"
#include "money/price.h"

namespace capstan::loop {

struct PastSources {
  const catalog::Catalog& catalog;
  const ledger::Ledger& ledger;
  const SqlSource& sql;
  const MoneyBook& book;
};

struct ReadPast {
  foresee::Past past;
  Time begins = Time::max();            // The first that is known of the policy's kinds; max() for nothing.
  std::vector<std::string> no_history;  // "host_process.memory_bytes": columns that keep none.
  std::vector<KindSpec> kinds;          // Those of `past`.
};

// kResourceExhausted where it is too much to hold. Runs on any thread; takes some seconds for a long past.
// With a budget also what `prices` look at, from the begin of its month on.
Result<ReadPast> read_past(const decide::Policy& policy, const decide::VerbEffects& effects,
                           const std::vector<money::Price>& prices, const decide::Interval& period,
                           const PastSources& sources);

}  // namespace capstan::loop
