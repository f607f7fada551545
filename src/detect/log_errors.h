// Finds logs that say far more errors than they usually do. A log that always says a few is no finding; a burst is.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "detect/event_baseline.h"
#include "detect/resource_finder.h"
#include "model/finding.h"
#include "model/manual.h"
#include "model/signal.h"

namespace capstan::detect {

struct LogErrorOptions {
  std::string selector = "{level=\"error\"}";
  Duration every{10'000};
  Duration window{60'000};       // What is compared with the past.
  Duration past{3 * 3'600'000};  // Learned from at the start.
  double least = 10;             // Errors in the window below which nothing is a burst.
  double improbable = 1e-6;      // How unlikely a count must be.
  Duration quiet{120'000};       // A burst is over when it was quiet for this long.
  Duration accept{3'600'000};    // What goes on for this long is how this log is now.
  size_t max_streams = 10'000;
};

// Pure but for what it asks its sources. Not thread-safe.
class LogErrorDetector {
 public:
  // With a manual, which must outlive it, a burst comes with what the manual says of its lines.
  explicit LogErrorDetector(LogErrorOptions options = {}, const Manual* manual = nullptr)
      : options_(std::move(options)), manual_(manual) {}

  bool due(Time at) const { return !last_ || at < *last_ || at - *last_ >= options_.every; }
  // Looks at the lines since the last call. An error (the source cannot answer) leaves the state as it was.
  Result<std::vector<Finding>> evaluate(Time at, const LogSource& logs, ResourceFinder& finder);
  // Bursts that were findings before a restart are so until they are quiet.
  void restore(const Finding& finding);

 private:
  struct Stream {
    Labels labels;
    EventBaseline baseline;
    std::deque<std::pair<Time, double>> counts;  // Within the window.
    std::set<uint64_t> known;                    // Templates seen before.
    std::optional<Time> burst_since;
    Time last_burst;
    Finding finding;
  };

  Status learn_past(Time at, const LogSource& logs);
  Status relearn_before_bursts(const LogSource& logs);
  void count(Time at, const std::vector<LogTemplate>& templates);
  void judge(Stream& stream, Time at, const std::vector<LogTemplate>& recent, ResourceFinder& finder);
  Finding describe(const Stream& stream, double in_window, std::vector<LogTemplate> top, bool is_new,
                   ResourceFinder& finder) const;
  void consult_manual(const std::vector<LogTemplate>& top, Finding& finding) const;
  Stream* stream_of(const Labels& labels);

  LogErrorOptions options_;
  const Manual* manual_;
  std::map<Labels, Stream> streams_;
  std::map<std::string, Time> restored_;  // Since when, by finding id.
  std::optional<Time> last_;
};

}  // namespace capstan::detect
