#include "foresee/past_signals.h"

#include <algorithm>

#include "telemetry/promql/table_function.h"

namespace capstan::foresee {
namespace {

constexpr int kSteps = 500;  // That are asked for at once.
constexpr size_t kMostRows = 100'000;

}  // namespace

Result<Table> PastSignals::fetch(const std::vector<SqlValue>& arguments, Time now) const {
  const std::string* expression = arguments.size() == 1 ? std::get_if<std::string>(&arguments[0]) : nullptr;
  if (expression == nullptr) return function_.fetch(arguments, now);
  Chunk& chunk = chunks_[*expression];
  if (now < chunk.from || now > chunk.to || chunk.to == Time()) {
    const Time to = now + kSteps * step_;
    chunk = {now, to, TRY(during("promql()", signals_.query_range(*expression, now, to, step_)))};
  }
  std::vector<Series> then;
  for (const Series& series : chunk.series) {
    const auto sample = std::ranges::lower_bound(series.samples, to_unix_ms(now), {}, &Sample::at_ms);
    if (sample == series.samples.end() || sample->at_ms != to_unix_ms(now)) continue;
    then.push_back({series.labels, {*sample}});
  }
  return telemetry::series_table(then, kMostRows);
}

}  // namespace capstan::foresee
