// One target that is scraped: its series, how its last scrape went, and the samples that tell so (`up` and company).
#pragma once

#include <mutex>
#include <string>

#include "base/http_client.h"
#include "connect/prometheus/target.h"
#include "connect/prometheus/target_series.h"
#include "model/signal.h"

namespace capstan::prometheus {

enum class TargetHealth {
  kUnknown,  // Not scraped yet.
  kUp,       // The last scrape succeeded.
  kDown,     // The last scrape failed; `error` says why.
};
std::string_view to_string(TargetHealth health);

struct TargetStatus {
  std::string job;
  std::string instance;
  std::string url;
  Labels labels;
  TargetHealth health = TargetHealth::kUnknown;
  std::string error;
  Time last_scrape;
  Duration last_duration{0};
  size_t samples = 0;
  Duration interval{0};
};

// Thread-safe.
class ScrapedTarget {
 public:
  explicit ScrapedTarget(Target target);

  // The request that asks for its page. An error when a password or token file cannot be read.
  Result<HttpRequest> request() const;
  // False when a scrape is under way already.
  bool begin();
  // Takes what the request gave and writes it to the sink. `started` becomes the samples' time.
  void finish(const Result<HttpResponse>& response, Time started, Duration took, SampleSink& sink);
  // The scrape could not be made; the target's own series go on.
  void abandon(std::string why);
  // The target goes: all its series end. Nothing is written after.
  void retire(Time at, SampleSink& sink);
  // The job's settings changed.
  void update(Target target);

  TargetStatus status() const;
  Duration interval() const;
  Duration offset() const;

 private:
  Result<TargetSeries::Counts> read_page(const Result<HttpResponse>& response, Time started, SampleSink& sink);
  std::vector<SeriesSample> report(Time at, bool up, Duration took, const TargetSeries::Counts& counts) const;

  mutable std::mutex mutex_;
  Target target_;
  TargetSeries series_;
  TargetStatus status_;
  bool under_way_ = false;
  bool retired_ = false;
};

}  // namespace capstan::prometheus
