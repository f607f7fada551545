#include "connect/prometheus/scrape_loop.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>

#include "base/log.h"
#include "connect/prometheus/file_discovery.h"
#include "connect/prometheus/target_resource.h"

namespace capstan::prometheus {
namespace {

constexpr Duration kLongestSleep{1'000};
constexpr Duration kFilesInterval{5'000};

// How long until the moment in the interval that is the target's own.
Duration until_turn(Time now, Duration interval, Duration offset) {
  const int64_t length = interval.count();
  const int64_t at = ((to_unix_ms(now) - offset.count()) % length + length) % length;
  return Duration((length - at) % length);
}

}  // namespace

// Shared with the requests under way, which may outlive the loop.
class ScrapeLoop::Core : public std::enable_shared_from_this<ScrapeLoop::Core> {
 public:
  explicit Core(Parts parts) : parts_(parts) {}

  void close() { closed_ = true; }

  std::vector<Error> apply(ScrapeConfig config) {
    std::lock_guard lock(mutex_);
    jobs_.clear();
    for (ScrapeJob& job : config.jobs) jobs_.push_back(std::make_shared<const ScrapeJob>(std::move(job)));
    std::vector<Error> problems = discovery_.look(patterns()).problems;
    std::ranges::move(rebuild(), std::back_inserter(problems));
    return problems;
  }

  std::vector<Error> refresh_files() {
    std::lock_guard lock(mutex_);
    FileDiscovery::Look look = discovery_.look(patterns());
    if (look.changed) std::ranges::move(rebuild(), std::back_inserter(look.problems));
    return look.problems;
  }

  Duration tick() {
    const Duration now = parts_.clock.monotonic();
    std::vector<std::shared_ptr<ScrapedTarget>> due;
    Duration next = kLongestSleep;
    {
      std::lock_guard lock(mutex_);
      look_at_files_when_due(now);
      for (auto& [key, entry] : targets_) {
        if (entry.next <= now) {
          due.push_back(entry.target);
          // After a pause of the whole machine one scrape makes up for all that were missed.
          const int64_t missed = (now - entry.next) / entry.interval;
          entry.next += entry.interval * (missed + 1);
        }
        next = std::min(next, entry.next - now);
      }
    }
    for (const auto& target : due) scrape(target);
    return next;
  }

  std::vector<TargetStatus> targets() const {
    std::vector<TargetStatus> all;
    std::lock_guard lock(mutex_);
    for (const auto& [key, entry] : targets_) all.push_back(entry.target->status());
    std::ranges::sort(all, {},
                      [](const TargetStatus& status) { return std::tie(status.job, status.instance, status.url); });
    return all;
  }

  const Clock& clock() const { return parts_.clock; }

 private:
  struct Entry {
    std::shared_ptr<ScrapedTarget> target;
    Duration next{0};  // By the monotonic clock.
    Duration interval{0};
  };

  std::vector<std::string> patterns() const {
    std::vector<std::string> all;
    for (const auto& job : jobs_) all.insert(all.end(), job->discovery_files.begin(), job->discovery_files.end());
    return all;
  }

  void look_at_files_when_due(Duration now) {
    if (now < next_files_ || patterns().empty()) return;
    next_files_ = now + kFilesInterval;
    // A full queue is no harm: the next turn comes.
    (void)parts_.workers.try_run([core = shared_from_this()] {
      if (core->closed_) return;
      for (const Error& problem : core->refresh_files()) log::warning("prometheus", problem.to_string());
    });
  }

  std::vector<Error> rebuild() {
    std::vector<Error> problems;
    std::map<std::string, Target> wanted;
    for (const auto& job : jobs_) {
      std::vector<TargetGroup> groups = job->groups;
      for (const std::string& pattern : job->discovery_files)
        std::ranges::move(discovery_.groups(pattern), std::back_inserter(groups));
      add_job(job, groups, wanted, problems);
    }
    std::erase_if(targets_, [&](auto& entry) {
      if (wanted.contains(entry.first)) return false;
      entry.second.target->retire(parts_.clock.now(), parts_.sink);
      return true;
    });
    for (auto& [key, target] : wanted) put(key, std::move(target));
    return problems;
  }

  static void add_job(const std::shared_ptr<const ScrapeJob>& job, const std::vector<TargetGroup>& groups,
                      std::map<std::string, Target>& wanted, std::vector<Error>& problems) {
    size_t count = 0;
    for (const TargetGroup& group : groups) {
      for (const std::string& address : group.targets) {
        if (++count > job->target_limit) {
          problems.push_back(
              {ErrorCode::kResourceExhausted, "job " + job->name + " has more targets than target_limit allows"});
          return;
        }
        Result<std::optional<Target>> target = make_target(job, address, group.labels);
        if (!target) {
          problems.push_back(std::move(target.error()));
        } else if (*target) {
          std::string key = (*target)->key();
          wanted.emplace(std::move(key), std::move(**target));  // The same target twice is one.
        }
      }
    }
  }

  void put(const std::string& key, Target target) {
    const Duration interval = target.interval;
    const auto found = targets_.find(key);
    const bool same_rhythm = found != targets_.end() && found->second.interval == interval;
    if (found != targets_.end()) {
      found->second.target->update(std::move(target));
      if (same_rhythm) return;
    }
    Entry& entry = targets_[key];
    if (!entry.target) entry.target = std::make_shared<ScrapedTarget>(std::move(target));
    entry.interval = interval;
    entry.next = parts_.clock.monotonic() + until_turn(parts_.clock.now(), interval, entry.target->offset());
  }

  void scrape(const std::shared_ptr<ScrapedTarget>& target) {
    if (!target->begin()) return;  // Its time limit is within its interval, so this is a page being read still.
    const Time started = parts_.clock.now();
    const Duration began = parts_.clock.monotonic();
    Result<HttpRequest> request = target->request();
    if (!request) return finish_later(target, fail(request.error()), started, began);
    parts_.fetcher.start(std::move(*request),
                         [core = shared_from_this(), target, started, began](Result<HttpResponse> response) {
                           core->finish_later(target, std::move(response), started, began);
                         });
  }

  // Reading a page is work for a worker, not for the thread that waits for all answers.
  void finish_later(const std::shared_ptr<ScrapedTarget>& target, Result<HttpResponse> response, Time started,
                    Duration began) {
    if (closed_) return;
    const Duration took = parts_.clock.monotonic() - began;
    const size_t bytes = response ? response->body.size() : 0;
    auto shared = std::make_shared<const Result<HttpResponse>>(std::move(response));
    const size_t waiting = waiting_bytes_.fetch_add(bytes);
    const bool fits = waiting == 0 || waiting + bytes <= parts_.waiting_bytes;
    const bool taken =
        fits && parts_.workers.try_run([core = shared_from_this(), target, shared, started, took, bytes] {
          if (!core->closed_) target->finish(*shared, started, took, core->parts_.sink);
          core->waiting_bytes_ -= bytes;
        });
    if (taken) return;
    waiting_bytes_ -= bytes;
    target->abandon("skipped: too much waits for the workers");
  }

  const Parts parts_;
  std::atomic<bool> closed_{false};
  std::atomic<size_t> waiting_bytes_{0};
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const ScrapeJob>> jobs_;
  FileDiscovery discovery_;
  std::map<std::string, Entry> targets_;
  Duration next_files_{0};
};

ScrapeLoop::ScrapeLoop(Parts parts) : core_(std::make_shared<Core>(parts)) {}
ScrapeLoop::~ScrapeLoop() { core_->close(); }

std::vector<Error> ScrapeLoop::apply(ScrapeConfig config) { return core_->apply(std::move(config)); }
std::vector<Error> ScrapeLoop::refresh_files() { return core_->refresh_files(); }
Duration ScrapeLoop::tick() { return core_->tick(); }
std::vector<TargetStatus> ScrapeLoop::targets() const { return core_->targets(); }
Observation ScrapeLoop::observe() const { return observe_targets(core_->targets(), core_->clock().now()); }

void ScrapeLoop::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    const Duration wait = std::max(tick(), Duration(1));
    woken.wait_for(lock, stop, wait, [] { return false; });
  }
}

}  // namespace capstan::prometheus
