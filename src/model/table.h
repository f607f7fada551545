// Rows as SQL sees them, and functions that give such rows to a query.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace capstan {

using SqlValue = std::variant<std::monostate, int64_t, double, std::string>;  // monostate is NULL.
Json to_json(const SqlValue& value);
// Text as people read it in a table: NULL is "", whole doubles have no fraction.
std::string to_text(const SqlValue& value);

struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<SqlValue>> rows;
  bool truncated = false;  // The row limit cut it.
};

// promql('…'), logs('…'): called with constants before the query runs. Thread-safe.
class TableFunction {
 public:
  virtual ~TableFunction() = default;
  virtual std::string_view name() const = 0;
  virtual Result<Table> fetch(const std::vector<SqlValue>& arguments, Time now) const = 0;
};

// Read-only SQL over the catalog. Thread-safe; each query sees one consistent snapshot.
class SqlSource {
 public:
  virtual ~SqlSource() = default;
  struct Options {
    Duration time_limit{5'000};
    size_t row_limit = 10'000;
    std::vector<std::pair<std::string, SqlValue>> bind;  // Named parameters: ":id".
  };
  // `now` in the text is bound to `at`; non-deterministic functions are refused.
  virtual Result<Table> query(std::string_view sql, Time at, const Options& options) const = 0;
  virtual Status check(std::string_view sql) const = 0;
};

}  // namespace capstan
