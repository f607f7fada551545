// Lets a connection read and nothing else, for a limited time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/sqlite.h"

namespace capstan::catalog {

// The ledger's own tables are read through this view alone, which the table `fact` is made of. No question may name it:
// then SQLite would take what the question means by that name for the view.
inline constexpr std::string_view kLedgerView = "capstan_ledger_view";

// Limits of SQLite itself: lengths, depths, numbers. Once a connection.
void limit_sizes(sqlite::Database& database);

// In force from construction to destruction.
class SqlGuard {
 public:
  SqlGuard(sqlite::Database& database, const Clock& clock, Duration time_limit);
  ~SqlGuard();
  SqlGuard(const SqlGuard&) = delete;
  SqlGuard& operator=(const SqlGuard&) = delete;

  struct Refusal {
    std::string what;  // The function or statement that was asked for: "random".
    std::string reason;
  };
  const std::optional<Refusal>& refusal() const { return refusal_; }
  bool timed_out() const { return timed_out_; }

 private:
  static int authorize(void* guard, int operation, const char* first, const char* second, const char* database,
                       const char* view);
  static int tick(void* guard);

  sqlite::Database& database_;
  const Clock& clock_;
  const Duration deadline_;
  std::optional<Refusal> refusal_;
  bool timed_out_ = false;
};

}  // namespace capstan::catalog
