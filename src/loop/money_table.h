// cost(), cost_by_day() and savings() inside SQL: what things cost and what policies saved, a row each.
//
//   SELECT account, sum(cost) FROM cost('7d') GROUP BY account
//   SELECT day, sum(cost) FROM cost_by_day('2026-11-01', '2026-11-08', 'Asia/Seoul') GROUP BY day
#pragma once

#include <string_view>

#include "loop/money_desk.h"
#include "model/table.h"

namespace capstan::loop {

// All thread-safe. The desk must outlive them. Arguments: since, until ('' or none: now), zone ('' or none: UTC).
class CostFunction final : public TableFunction {
 public:
  CostFunction(const MoneyDesk& desk, bool by_day) : desk_(desk), by_day_(by_day) {}

  std::string_view name() const override { return by_day_ ? "cost_by_day" : "cost"; }
  Result<Table> fetch(const std::vector<SqlValue>& arguments, Time now) const override;

 private:
  const MoneyDesk& desk_;
  const bool by_day_;
};

class SavingsFunction final : public TableFunction {
 public:
  explicit SavingsFunction(const MoneyDesk& desk) : desk_(desk) {}

  std::string_view name() const override { return "savings"; }
  Result<Table> fetch(const std::vector<SqlValue>& arguments, Time now) const override;

 private:
  const MoneyDesk& desk_;
};

}  // namespace capstan::loop
