// The threads that sense: the machine's numbers and parts, its log files, and the Prometheus targets.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/http_fetcher.h"
#include "base/worker_pool.h"
#include "connect/host/host_metrics.h"
#include "connect/host/host_sensor.h"
#include "connect/host/host_state.h"
#include "connect/host/journal_follower.h"
#include "connect/host/log_follower.h"
#include "connect/prometheus/scrape_loop.h"
#include "loop/product_senses.h"
#include "loop/settings.h"
#include "model/signal.h"

namespace capstan::loop {

// Below the data directory: the output of services that Capstan starts.
inline constexpr std::string_view kServiceOutput = "service-output";

class Senses {
 public:
  struct Parts {
    SampleSink& samples;
    LogSink& logs;
    const Clock& clock;
    std::filesystem::path data_directory;
    // Takes a look, and how a part is doing. Called from the threads here.
    std::function<void(Observation)> observed;
    std::function<void(std::string source, std::string error)> report;
  };
  struct Options {
    Duration interval{1'000};       // Of the machine's numbers.
    Duration observe_every{2'000};  // Of its parts.
    Duration logs_every{1'000};
    Duration targets_every{5'000};  // Of the scrape targets as resources.
  };

  Senses(Parts parts, Options options);
  ~Senses();

  // Puts settings in force, also while running. Gives what is wrong with single targets.
  std::vector<Error> apply(const Settings& settings);
  void start();
  void stop();

 private:
  // What the machine is watched by.
  struct MachineSettings {
    host::HostConfig host;
    std::vector<product::ProductSpec> products;
  };

  // Everything about the machine lives on one thread.
  struct Machine {
    MachineSettings settings;
    std::unique_ptr<host::HostState> state;
    std::unique_ptr<host::HostMetrics> metrics;
    std::unique_ptr<host::HostSensor> sensor;
    std::unique_ptr<ProductSenses> products;
  };

  void watch_machine(const std::stop_token& stop);
  void watch_logs(const std::stop_token& stop);
  Status empty_large_service_output() const;
  void watch_targets(const std::stop_token& stop);
  // What reads the logs, and is made anew when the settings change.
  struct LogReaders {
    std::shared_ptr<host::LogFollower> files;
    std::unique_ptr<host::JournalFollower> journal;
  };
  LogReaders open_logs(const host::HostConfig& config);
  // Opens anew what other settings change, and nothing else: all that was learned by watching would begin again.
  Status put_in_force(Machine& machine, MachineSettings settings);
  Result<Machine> open_machine(MachineSettings settings);
  void look(Machine& machine, bool observe);
  // Waits until a monotonic time, or less when stopped.
  void wait_until(const std::stop_token& stop, Duration monotonic) const;

  Parts parts_;
  Options options_;
  CurlHttpFetcher fetcher_;
  WorkerPool scrape_workers_{2, 10'000};
  prometheus::ScrapeLoop scrapes_;
  std::mutex mutex_;
  std::optional<MachineSettings> wanted_;        // For the machine's thread to take.
  std::optional<host::HostConfig> wanted_logs_;  // For the logs' thread to take.
  std::shared_ptr<host::LogFollower> follower_;
  std::vector<std::jthread> threads_;
};

}  // namespace capstan::loop
