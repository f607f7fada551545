// promql('…') inside SQL.
//
//   promql('up == 0')                 the value of every series now
//   promql('up == 0', '5m', '15s')    every point of the last five minutes, one each 15 seconds
//
// Columns: every label that any series has, sorted, then `value` and `at` (RFC 3339). A label that is itself called
// value or at becomes label_value or label_at.
#pragma once

#include "model/table.h"
#include "telemetry/promql/engine.h"

namespace capstan::telemetry {

// The rows of series: those beyond the limit are cut, and the table says so.
Table series_table(const std::vector<Series>& list, size_t row_limit);

// Thread-safe. The engine must outlive it.
class PromqlTableFunction final : public TableFunction {
 public:
  PromqlTableFunction(const PromqlEngine& engine, size_t row_limit) : engine_(engine), row_limit_(row_limit) {}

  std::string_view name() const override { return "promql"; }
  // Rows beyond the limit are cut, and the table says so.
  Result<Table> fetch(const std::vector<SqlValue>& arguments, Time now) const override;

 private:
  const PromqlEngine& engine_;
  size_t row_limit_;
};

}  // namespace capstan::telemetry
