// Scrapes every target on its interval, each at a moment of its own; one that hangs holds up no other.
#pragma once

#include <memory>
#include <stop_token>
#include <vector>

#include "base/clock.h"
#include "base/http_fetcher.h"
#include "base/worker_pool.h"
#include "connect/prometheus/scrape_config.h"
#include "connect/prometheus/scraped_target.h"
#include "model/resource.h"
#include "model/signal.h"

namespace capstan::prometheus {

// Thread-safe. The parts must outlive the fetcher's and the workers' threads; answers that come after the loop is gone
// are dropped.
class ScrapeLoop {
 public:
  struct Parts {
    HttpFetcher& fetcher;  // Pages are fetched by it,
    WorkerPool& workers;   // read on these,
    SampleSink& sink;      // and written here.
    const Clock& clock;
    size_t waiting_bytes = 512 << 20;  // Of pages that wait to be read; beyond it they are skipped.
  };
  explicit ScrapeLoop(Parts parts);
  ~ScrapeLoop();

  // Puts a configuration in force. Targets that stay keep their series and their rhythm; those that go end theirs.
  // Gives the problems of single targets and discovery files; all others work.
  std::vector<Error> apply(ScrapeConfig config);

  // Looks at the discovery files, as `tick` has a worker do every five seconds. Gives what is wrong with them now.
  std::vector<Error> refresh_files();

  // Starts the scrapes that are due. Gives the time until the next is, at most a second.
  Duration tick();
  // Ticks until stopped: the body of a thread.
  void run(const std::stop_token& stop);

  // All targets, sorted by job and instance.
  std::vector<TargetStatus> targets() const;
  // The same as resources of the kind `prometheus_target`.
  Observation observe() const;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace capstan::prometheus
