// logs('…') inside SQL.
//
//   logs('{level="error"}')              the newest lines of the last hour that the selector selects
//   logs('{level="error"} |= "x"', '5m') of the last five minutes
//
// Columns: at (RFC 3339), text, every label that any line has, sorted. A label called at or text becomes label_at or
// label_text.
#pragma once

#include "model/signal.h"
#include "model/table.h"

namespace capstan::telemetry {

// Thread-safe. The source must outlive it.
class LogTableFunction final : public TableFunction {
 public:
  LogTableFunction(const LogSource& logs, size_t row_limit) : logs_(logs), row_limit_(row_limit) {}

  std::string_view name() const override { return "logs"; }
  // Lines beyond the limit are cut, the oldest first, and the table says so.
  Result<Table> fetch(const std::vector<SqlValue>& arguments, Time now) const override;

 private:
  const LogSource& logs_;
  size_t row_limit_;
};

}  // namespace capstan::telemetry
