// The money of a past that a backtest walks through (foresee/past_money.h): the prices of that time over what would
// have been, metered as live.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "decide/verb_effects.h"
#include "foresee/past_money.h"
#include "loop/money_desk.h"
#include "money/row_prices.h"

namespace capstan::loop {

class MeteredPast final : public foresee::PastMoney {
 public:
  struct Parts {
    std::vector<KindSpec> kinds;
    std::shared_ptr<const std::vector<money::Price>> prices;
    decide::VerbEffects effects;
    const SqlSource& sql;
    const money::Past& past;  // Who was watched when.
    std::map<std::string, std::string, std::less<>> scopes;
    decide::Zone zone;  // Of the budget.
    Time end;           // Of the backtest.
  };
  explicit MeteredPast(Parts parts);

  void note(const ResourceId& id, const foresee::PastKind& kind, const foresee::PastRow* row, Time at) override;
  Status add_money(const decide::Policy& policy, const foresee::PastWorld& world,
                   decide::Situation& situation) override;

 private:
  struct Known {
    Resource resource;
    money::RowPrices* rows = nullptr;
    size_t row = 0;
    const money::Spans* observed = nullptr;
    bool is_there = false;
    Time since;  // Metered until then.
    std::optional<money::Rate> last_ran;
    money::Amount today;
    money::Amount this_month;
  };
  // Meters what was so until `to`.
  void advance(Known& known, Time to);
  void meter(Known& known, Time from, Time to);
  Status ask();
  const money::Spans& observed(const std::string& kind, const ResourceId& id);
  Status add_target(const ResourceId& target, const std::set<ResourceId>& asked, const foresee::PastWorld& world,
                    decide::Situation& situation);
  Status add_changes(const decide::Policy& policy, const std::set<ResourceId>& asked, const foresee::PastWorld& world,
                     decide::Situation& situation);

  const Parts parts_;
  std::map<std::string, money::RowPrices, std::less<>> rows_;
  std::map<std::pair<std::string, std::string>, money::Spans> observed_;
  std::map<ResourceId, Known> known_;
  Status status_;  // Of what a note could not say.
};

}  // namespace capstan::loop
