// Runs policies over the recorded past (foresee/backtest.h) beside the loop, one question after the other, and keeps
// what came of it for whoever asked.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "loop/backtest_input.h"
#include "loop/fleet_queries.h"
#include "loop/money_desk.h"
#include "loop/past_money.h"
#include "loop/past_reader.h"
#include "model/signal.h"

namespace capstan::loop {

// The public functions are thread-safe.
class BacktestDesk {
 public:
  struct Parts {
    const Clock& clock;
    PastSources past;
    const SignalSource& signals;
    const TableFunction& promql;
    const TableFunction& logs;
    const MoneyDesk& money;
    // Reads policies with the words that are known, on the loop's thread.
    std::function<Result<BacktestInput>(std::string text, std::string file)> read;
    Duration metric_retention{0};
    Duration log_retention{0};
  };
  explicit BacktestDesk(Parts parts);
  ~BacktestDesk();

  // Begins; what `status` says. kInvalidArgument with the place of a mistake in the policies; kResourceExhausted where
  // too many wait.
  Result<Json> start(const BacktestQuery& query);
  // {"id", "state": waiting|running|done|failed|cancelled, "done": 0..1, "result", "error"}. What nobody has asked
  // after for a minute is cancelled, and what has ended is forgotten after ten, or when others need its place.
  Result<Json> status(std::string_view id);
  Result<Json> cancel(std::string_view id);

 private:
  struct Job {
    std::string id;
    BacktestInput input;
    Time from;
    Time to;
    Duration step;
    std::stop_source stop;
    std::string state = "waiting";
    double done = 0;
    Duration asked{0};  // Monotonic, as the next.
    Duration ended{0};
    Json result;
    Error error;
  };

  void work(const std::stop_token& stop);
  void run(Job& job);
  Result<Json> result_of(Job& job, const decide::Policy& policy, double begin, double share);
  using Prices = std::shared_ptr<const std::vector<money::Price>>;
  Result<std::unique_ptr<MeteredPast>> metered(const decide::Policy& policy, const ReadPast& read, const Prices& prices,
                                               const money::Past& watched, const Job& job) const;
  void report(Job& job, double done);
  Json job_json(const Job& job) const;
  Result<std::shared_ptr<Job>> find(std::string_view id) const;
  void forget();

  const Parts parts_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::map<std::string, std::shared_ptr<Job>, std::less<>> jobs_;
  std::deque<std::shared_ptr<Job>> waiting_;
  uint64_t next_ = 1;
  std::jthread worker_;
};

}  // namespace capstan::loop
