// setting_metrics() inside SQL: the metrics that products' declarations name for their settings, as they are now.
//
//   SELECT product, setting, value FROM setting_metrics() WHERE tells = 'usage'
//
// Columns: product, setting, tells (usage: how much of it is in use; value: what it is in the running server), value,
// limit_times, and the host and port of an address in the labels of the series: a row for each address that it has,
// none for a series without one.
#pragma once

#include "model/signal.h"
#include "model/table.h"
#include "product/product_shelf.h"

namespace capstan::product {

// Thread-safe. The signals and the shelf must outlive it.
class SettingMetricsTable final : public TableFunction {
 public:
  SettingMetricsTable(const SignalSource& signals, const ProductShelf& shelf) : signals_(signals), shelf_(shelf) {}

  std::string_view name() const override { return "setting_metrics"; }
  // An expression that cannot be evaluated gives no rows: check_metrics tells of it.
  Result<Table> fetch(const std::vector<SqlValue>& arguments, Time now) const override;

 private:
  const SignalSource& signals_;
  const ProductShelf& shelf_;
};

// What is wrong with the expressions of products' settings, with the product's file and line.
std::vector<Error> check_metrics(const std::vector<ProductSpec>& products, const SignalSource& signals);

}  // namespace capstan::product
