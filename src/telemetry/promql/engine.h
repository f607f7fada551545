// Answers PromQL over whatever keeps series.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/sample.h"
#include "telemetry/promql/ast.h"
#include "telemetry/promql/budget.h"
#include "telemetry/series_reader.h"

namespace capstan::telemetry {

struct QueryOptions {
  std::optional<Duration> lookback;  // Instead of the engine's.
  std::optional<Duration> time;      // A time limit below the engine's.
  std::stop_token stop;
};

struct QueryResult {
  promql::ValueType type = promql::ValueType::kVector;
  // A scalar is one series without labels, with a sample per step; a vector has one sample a series, in the order of
  // sort() where that was asked for; a matrix is sorted by labels.
  std::vector<Series> series;
  std::string text;  // Of a string.
};

// Thread-safe. Errors: kInvalidArgument for what is wrong with the expression, with its line and column;
// kFailedPrecondition for series that do not match; kUnimplemented; kResourceExhausted, kDeadlineExceeded and
// kCancelled; and whatever the reader says.
class PromqlEngine {
 public:
  struct Options {
    Duration lookback{300'000};
    Duration subquery_step{60'000};
    promql::QueryLimits limits;
  };

  // The reader and the clock must outlive the engine. The clock is asked for limits of time only.
  PromqlEngine(const SeriesReader& reader, const Clock& clock, Options options);
  PromqlEngine(const SeriesReader& reader, const Clock& clock) : PromqlEngine(reader, clock, Options()) {}

  Result<QueryResult> query(std::string_view expression, Time at, const QueryOptions& options = {}) const;
  // Both ends included where a step meets them; the step is positive. Always gives a matrix.
  Result<QueryResult> query_range(std::string_view expression, Time from, Time to, Duration step,
                                  const QueryOptions& options = {}) const;
  // The first problem of an expression, without evaluating it.
  Status check(std::string_view expression) const;
  // Whether the times of a range query make sense and stay within the limit of points.
  Status check_range(Time from, Time to, Duration step) const;
  // Whether an expression can be asked over a range: scalars and instant vectors can.
  static Status check_has_steps(const promql::Expr& expr);

  const SeriesReader& reader() const { return reader_; }
  const Clock& clock() const { return clock_; }
  const Options& options() const { return options_; }

 private:
  const SeriesReader& reader_;
  const Clock& clock_;
  Options options_;
};

}  // namespace capstan::telemetry
