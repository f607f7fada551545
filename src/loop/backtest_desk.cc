#include "loop/backtest_desk.h"

#include <fmt/format.h>

#include <algorithm>

#include "foresee/backtest.h"
#include "foresee/past_signals.h"
#include "loop/backtest_cost.h"
#include "loop/backtest_report.h"
#include "loop/money_period.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostWaiting = 4;
constexpr size_t kMostKept = 20;
constexpr Duration kPatience{60'000};
constexpr Duration kKept{600'000};
constexpr Duration kShortestStep{10'000};
constexpr Duration kLongestStep{86'400'000};

Result<Duration> read_step(std::string_view text) {
  const Duration step = TRY(during("'step'", parse_duration(text)));
  if (step < kShortestStep || step > kLongestStep) return fail(ErrorCode::kInvalidArgument, "'step' is from 10s to 1d");
  return step;
}

// What a reader has to know to judge the answer: a word for programs, what it is about, and a sentence.
Json note(std::string_view what, std::string_view about, std::string text) {
  return Json::object({{"what", what}, {"about", about}, {"says", std::move(text)}});
}

}  // namespace

BacktestDesk::BacktestDesk(Parts parts) : parts_(std::move(parts)) {
  worker_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

BacktestDesk::~BacktestDesk() {
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, job] : jobs_) job->stop.request_stop();
  }
  worker_.request_stop();
  wake_.notify_all();
}

Result<Json> BacktestDesk::start(const BacktestQuery& query) {
  const Time now = parts_.clock.now();
  const decide::Interval period = TRY(read_period(query.since, query.until, decide::Zone(), now));
  const Duration step = TRY(read_step(query.step));
  auto job = std::make_shared<Job>();
  job->input = TRY(parts_.read(query.policies, query.file));
  job->from = period.begin;
  job->to = period.end;
  job->step = step;
  job->asked = parts_.clock.monotonic();
  std::lock_guard lock(mutex_);
  forget();
  if (waiting_.size() >= kMostWaiting)
    return fail(ErrorCode::kResourceExhausted, fmt::format("{} backtests wait already", waiting_.size()));
  job->id = fmt::format("backtest-{}", next_++);
  jobs_[job->id] = job;
  waiting_.push_back(job);
  wake_.notify_one();
  return job_json(*job);
}

Result<std::shared_ptr<BacktestDesk::Job>> BacktestDesk::find(std::string_view id) const {
  const auto found = jobs_.find(id);
  if (found == jobs_.end())
    return fail(ErrorCode::kNotFound, fmt::format("there is no backtest '{}', or it has been forgotten", id));
  return found->second;
}

Result<Json> BacktestDesk::status(std::string_view id) {
  std::lock_guard lock(mutex_);
  const std::shared_ptr<Job> job = TRY(find(id));
  job->asked = parts_.clock.monotonic();
  return job_json(*job);
}

Result<Json> BacktestDesk::cancel(std::string_view id) {
  std::lock_guard lock(mutex_);
  const std::shared_ptr<Job> job = TRY(find(id));
  job->stop.request_stop();
  return job_json(*job);
}

Json BacktestDesk::job_json(const Job& job) const {
  Json json = Json::object({{"id", job.id},
                            {"state", job.state},
                            {"done", job.done},
                            {"from", format_time(job.from)},
                            {"to", format_time(job.to)},
                            {"step", format_duration(job.step)},
                            {"result", job.result}});
  if (job.state == "failed")
    json.set("error", Json::object({{"code", to_string(job.error.code)}, {"message", job.error.to_string()}}));
  return json;
}

// The oldest that have ended make room.
void BacktestDesk::forget() {
  const Duration now = parts_.clock.monotonic();
  std::erase_if(jobs_,
                [&](const auto& each) { return each.second->ended > Duration(0) && now - each.second->ended > kKept; });
  while (jobs_.size() >= kMostKept) {
    auto oldest = jobs_.end();
    for (auto each = jobs_.begin(); each != jobs_.end(); ++each) {
      if (each->second->ended == Duration(0)) continue;
      if (oldest == jobs_.end() || each->second->ended < oldest->second->ended) oldest = each;
    }
    if (oldest == jobs_.end()) return;
    jobs_.erase(oldest);
  }
}

void BacktestDesk::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (wake_.wait(lock, stop, [&] { return !waiting_.empty(); })) {
    const std::shared_ptr<Job> job = waiting_.front();
    waiting_.pop_front();
    job->state = "running";
    lock.unlock();
    run(*job);
    lock.lock();
  }
}

void BacktestDesk::run(Job& job) {
  Json::Array policies;
  Error error;
  const double share = 1.0 / static_cast<double>(std::max<size_t>(1, job.input.policies.size()));
  for (size_t i = 0; i < job.input.policies.size() && error.message.empty(); ++i) {
    Result<Json> result = result_of(job, job.input.policies[i], static_cast<double>(i) * share, share);
    if (result)
      policies.push_back(*std::move(result));
    else
      error = std::move(result).error();
  }
  std::lock_guard lock(mutex_);
  job.ended = std::max(Duration(1), parts_.clock.monotonic());
  job.state = error.message.empty() ? "done" : error.code == ErrorCode::kCancelled ? "cancelled" : "failed";
  if (job.state == "done") {
    job.done = 1;
    job.result = Json::object({{"policies", std::move(policies)}});
  }
  job.error = std::move(error);
}

void BacktestDesk::report(Job& job, double done) {
  std::lock_guard lock(mutex_);
  job.done = done;
  if (parts_.clock.monotonic() - job.asked > kPatience) job.stop.request_stop();
}

Result<std::unique_ptr<MeteredPast>> BacktestDesk::metered(const decide::Policy& policy, const ReadPast& read,
                                                           const Prices& prices, const money::Past& watched,
                                                           const Job& job) const {
  const catalog::CatalogReader catalog = TRY(parts_.past.catalog.reader());
  std::map<std::string, std::string, std::less<>> scopes;
  for (const KindSpec& kind : read.kinds) scopes.merge(TRY(catalog.scopes(kind.name)));
  return std::make_unique<MeteredPast>(MeteredPast::Parts{.kinds = read.kinds,
                                                          .prices = prices,
                                                          .effects = job.input.effects,
                                                          .sql = parts_.past.sql,
                                                          .past = watched,
                                                          .scopes = std::move(scopes),
                                                          .zone = policy.budget->zone,
                                                          .end = job.to});
}

Result<Json> BacktestDesk::result_of(Job& job, const decide::Policy& policy, double begin, double share) {
  if (job.stop.stop_requested()) return fail(ErrorCode::kCancelled, "the backtest was cancelled");
  const auto prices = parts_.money.prices();
  ReadPast read = TRY(read_past(policy, job.input.effects, *prices, {job.from, job.to}, parts_.past));
  read.past.freezes = job.input.freezes;
  read.past.verbs = job.input.verbs;
  const foresee::PastSignals promql(parts_.signals, parts_.promql, job.step);
  read.past.functions = {&promql, &parts_.logs};
  const money::Past watched = parts_.past.book.past();
  std::unique_ptr<MeteredPast> money;
  if (policy.budget) money = TRY(metered(policy, read, prices, watched, job));
  const foresee::BacktestResult result =
      TRY(foresee::backtest(policy, read.past,
                            {.from = job.from,
                             .to = job.to,
                             .step = job.step,
                             .money = money.get(),
                             .stop = job.stop.get_token(),
                             .progress = [&](double done) { report(job, begin + share * done); }}));
  const std::vector<ComparedCost> costs =
      TRY(compare_costs(result, job.from, job.to, parts_.past.catalog, parts_.money));
  Json json = backtest_json(policy, result, costs);
  Json::Array notes;
  if (read.begins == Time::max())
    notes.push_back(note("nothing_known", "", "nothing is known of what it selects"));
  else if (read.begins > job.from)
    notes.push_back(note("begins", format_time(read.begins),
                         fmt::format("what it selects is known from {} on", format_time(read.begins))));
  for (const std::string& column : read.no_history)
    notes.push_back(note("no_history", column, fmt::format("{} keeps no history: it was taken as empty", column)));
  const foresee::PolicyReads reads = TRY(foresee::reads_of(policy, job.input.effects));
  const Time now = parts_.clock.now();
  const auto kept = [&](std::string_view function, Duration retention) {
    if (!reads.has(function) || retention <= Duration(0) || now - job.from <= retention) return;
    notes.push_back(note(
        "kept", function,
        fmt::format("{} are kept for {}: before that there were none to ask", function, format_duration(retention))));
  };
  kept("promql", parts_.metric_retention);
  kept("logs", parts_.log_retention);
  for (const std::string& verb : result.unknown_effects)
    notes.push_back(note("unknown_effect", verb,
                         fmt::format("what {} brings about is not known: the past goes on as recorded", verb)));
  if (!job.input.freezes.empty())
    notes.push_back(note("freezes", std::to_string(job.input.freezes.size()),
                         "freezes are those in force now: what was declared then is not recorded"));
  const size_t listed = json["actions"].items().size();
  if (result.action_count > listed)
    notes.push_back(note("cut", std::to_string(listed), fmt::format("the first {} actions are listed", listed)));
  json.set("notes", std::move(notes));
  return json;
}

}  // namespace capstan::loop
