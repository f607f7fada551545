// Answers questions in SQL over the catalog: read only, limited in time and rows, and the same answer to the same
// question at the same time.
//
//   SELECT p.name, p.memory_bytes FROM host_process p
//   JOIN promql('topk(5, rate(process_cpu_seconds_total[1m]))') c ON c.process = p.id
//   WHERE p.started > time_add(now, '-15m')
//
// `now` is the time of the question, in the form of all times in the tables (RFC 3339, UTC, milliseconds). Beside
// SQLite's own functions that depend on their arguments alone there are time_add(time, '-15m'), unix_seconds(time) and
// iso_time(seconds).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "catalog/catalog.h"
#include "model/table.h"

namespace capstan::catalog {

struct SqlEngineOptions {
  // The ledger's file and the view over it (ledger::Ledger::view_sql("ledger")); the table `fact` needs them.
  std::filesystem::path ledger_path;
  std::string ledger_view;
  size_t connections = 4;  // Kept open; more may ask at once.
  size_t max_sql_bytes = 64 << 10;
  size_t max_result_bytes = 64 << 20;
};

// What a question was answered from, for who records it.
struct Answer {
  struct Fetched {
    std::string call;  // "promql('up')"
    Table table;
  };
  Table table;
  std::vector<Fetched> fetched;
  Seq seq = 0;  // The fact that the catalog was at.
};

// Thread-safe once all functions are added. Lives no longer than the catalog, the clock and the functions.
class SqlEngine final : public SqlSource {
 public:
  // The clock only limits how long a query runs.
  SqlEngine(const Catalog& catalog, const Clock& clock, SqlEngineOptions options = {});
  ~SqlEngine() override;

  // Before the first query. The function is called with constants, before the query runs; its columns are those of its
  // result, and a column that it lacks is NULL (as a missing label is).
  Status add(const TableFunction& function);

  // Errors carry the line and column of what is wrong, and suggest tables and columns. kPermissionDenied for what is
  // not a plain question, kInvalidArgument for what is not SQL, kDeadlineExceeded, kResourceExhausted.
  Result<Table> query(std::string_view sql, Time at, const Options& options) const override;
  // The same with what was fetched.
  Result<Answer> answer(std::string_view sql, Time at, const Options& options) const;
  // Whether it can be asked, without asking; table functions are not called.
  Status check(std::string_view sql) const override;

 private:
  class State;
  class Lease;
  std::unique_ptr<State> state_;
};

}  // namespace capstan::catalog
