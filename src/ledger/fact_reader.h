// Reads facts through one connection.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sqlite.h"
#include "ledger/ledger.h"
#include "ledger/lookup_index.h"
#include "model/fact.h"

namespace capstan::ledger {

// Not thread-safe; lives no longer than its tail.
class FactReader {
 public:
  static Result<FactReader> open(const std::filesystem::path& path, const TailIndex& tail);

  Result<Fact> get(Seq seq);
  Result<std::vector<Fact>> read_from(Seq seq, size_t limit);
  Result<std::vector<KeptFact>> read_kept(Seq seq, size_t limit, size_t bytes);
  Result<std::vector<Fact>> by_subject(std::string_view subject, size_t limit, Seq before, std::string_view kind);
  Result<std::vector<Fact>> by_cause(Seq seq, size_t limit);
  Result<std::vector<Fact>> by_kind(std::string_view kind, Time since, size_t limit, Seq before);
  Result<std::vector<Fact>> cause_chain(Seq seq);
  Result<Verification> verify();

 private:
  FactReader(sqlite::Database database, const TailIndex& tail, SegmentIndex index, sqlite::Statement from)
      : database_(std::move(database)), tail_(&tail), index_(std::move(index)), from_(std::move(from)) {}
  Result<Fact> current();
  struct Range {
    int64_t since_ms;  // Of segments that are not older.
    Seq before;        // Below this number; 0 for all.
    size_t limit;
  };
  // Facts with this key that `accept` takes, newest first.
  Result<std::vector<Fact>> newest(Field field, int64_t key, const Range& range,
                                   const std::function<bool(const Fact&)>& accept);

  sqlite::Database database_;
  const TailIndex* tail_;
  SegmentIndex index_;
  sqlite::Statement from_;
};

}  // namespace capstan::ledger
