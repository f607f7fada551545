#include "loop/senses.h"

#include <fmt/format.h>

#include <condition_variable>

#include "base/file.h"
#include "base/log.h"

namespace capstan::loop {
namespace {

constexpr uintmax_t kMostServiceOutput = 64 << 20;  // Of one file.

}  // namespace

Senses::Senses(Parts parts, Options options)
    : parts_(std::move(parts)),
      options_(options),
      scrapes_({.fetcher = fetcher_, .workers = scrape_workers_, .sink = parts_.samples, .clock = parts_.clock}) {}

Senses::~Senses() { stop(); }

std::vector<Error> Senses::apply(const Settings& settings) {
  {
    std::lock_guard lock(mutex_);
    wanted_ = MachineSettings{.host = settings.host, .products = settings.products};
    wanted_logs_ = settings.host;
  }
  return scrapes_.apply(settings.scrape);
}

void Senses::start() {
  threads_.emplace_back([this](const std::stop_token& stop) { watch_machine(stop); });
  threads_.emplace_back([this](const std::stop_token& stop) { watch_logs(stop); });
  threads_.emplace_back([this](const std::stop_token& stop) { watch_targets(stop); });
  threads_.emplace_back([this](const std::stop_token& stop) { scrapes_.run(stop); });
}

void Senses::stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
}

Status Senses::put_in_force(Machine& machine, MachineSettings settings) {
  if (!machine.state || machine.settings.host != settings.host)
    machine = TRY(open_machine(std::move(settings)));
  else if (machine.settings.products != settings.products) {
    machine.products = std::make_unique<ProductSenses>(settings.products);
    machine.settings.products = std::move(settings.products);
  }
  return {};
}

Result<Senses::Machine> Senses::open_machine(MachineSettings settings) {
  Machine machine;
  machine.products = std::make_unique<ProductSenses>(settings.products);
  machine.state = TRY(host::HostState::open(settings.host, parts_.clock));
  machine.settings = std::move(settings);
  machine.metrics = std::make_unique<host::HostMetrics>(*machine.state);
  machine.sensor = std::make_unique<host::HostSensor>(*machine.state, parts_.clock, [this] {
    std::lock_guard lock(mutex_);
    return follower_ ? follower_->files() : std::vector<host::FollowedFile>();
  });
  return machine;
}

void Senses::watch_machine(const std::stop_token& stop) {
  Machine machine;
  Duration next = parts_.clock.monotonic();
  Duration next_observation = next;
  while (!stop.stop_requested()) {
    std::optional<MachineSettings> wanted;
    {
      std::lock_guard lock(mutex_);
      wanted = std::exchange(wanted_, std::nullopt);
    }
    if (wanted) {
      const Status opened = put_in_force(machine, std::move(*wanted));
      parts_.report("host", opened ? "" : opened.error().to_string());
    }
    const Duration now = parts_.clock.monotonic();
    if (machine.state) look(machine, now >= next_observation);
    if (now >= next_observation) next_observation = now + options_.observe_every;
    // What took longer than an interval skips the looks it missed.
    next = std::max(next + options_.interval, parts_.clock.monotonic());
    wait_until(stop, next);
  }
}

void Senses::look(Machine& machine, bool observe) {
  const Time now = parts_.clock.now();
  std::string error;
  if (auto samples = machine.metrics->collect(now)) {
    if (const Status appended = parts_.samples.append(*samples); !appended) error = appended.error().to_string();
  } else {
    error = samples.error().to_string();
  }
  if (observe) {
    if (auto seen = machine.sensor->observe(now)) {
      parts_.observed(std::move(*seen));
      parts_.observed(machine.products->observe(*machine.state, now));
    } else {
      error = seen.error().to_string();
    }
  }
  parts_.report("host", error);
}

Senses::LogReaders Senses::open_logs(const host::HostConfig& config) {
  LogReaders readers;
  host::LogFollowerOptions options;
  options.host = config.name.empty() ? host::kernel_host_name() : config.name;
  options.sources = config.logs;
  // What the services say that Capstan started.
  options.sources.push_back({(parts_.data_directory / kServiceOutput / "*.log").string(), {}});
  options.state_file = (parts_.data_directory / "log-positions.json").string();
  options.lines_per_second = config.log_lines_per_second;
  if (config.journal) {
    readers.journal = std::make_unique<host::JournalFollower>(
        host::JournalFollowerOptions{.host = options.host,
                                     .directory = config.journal_directory,
                                     .state_file = (parts_.data_directory / "journal-cursor").string()},
        parts_.logs);
  }
  readers.files = std::make_shared<host::LogFollower>(std::move(options), parts_.logs, parts_.clock);
  return readers;
}

// The lines are in the log store by now; whoever writes goes on at the file's beginning.
Status Senses::empty_large_service_output() const {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(parts_.data_directory / kServiceOutput, error), end;
       !error && entry != end; entry.increment(error)) {
    std::error_code failed;
    if (entry->file_size(failed) <= kMostServiceOutput || failed) continue;
    std::filesystem::resize_file(entry->path(), 0, failed);
    if (failed)
      return fail(errno_code(failed.value()),
                  fmt::format("cannot empty {}: {}", entry->path().string(), failed.message()));
    log::info("logs", fmt::format("{} was larger than {} MiB and has been emptied", entry->path().string(),
                                  kMostServiceOutput >> 20));
  }
  return {};
}

void Senses::watch_logs(const std::stop_token& stop) {
  LogReaders readers;
  host::HostConfig in_force;
  Duration next = parts_.clock.monotonic();
  while (!stop.stop_requested()) {
    std::optional<host::HostConfig> wanted;
    {
      std::lock_guard lock(mutex_);
      wanted = std::exchange(wanted_logs_, std::nullopt);
      if (wanted && readers.files && *wanted == in_force) wanted.reset();
      if (wanted) follower_.reset();
    }
    if (wanted) {
      in_force = *wanted;
      readers = {};  // The new ones go on where these noted that they were.
      readers = open_logs(*wanted);
      std::lock_guard lock(mutex_);
      follower_ = readers.files;
    }
    if (readers.files) {
      Status polled = readers.files->poll();
      if (polled) polled = empty_large_service_output();
      parts_.report("logs", polled ? "" : polled.error().to_string());
    }
    if (readers.journal) {
      const Status polled = readers.journal->poll();
      parts_.report("journal", polled ? "" : polled.error().to_string());
    }
    next = std::max(next + options_.logs_every, parts_.clock.monotonic());
    wait_until(stop, next);
  }
}

void Senses::watch_targets(const std::stop_token& stop) {
  for (Duration next = parts_.clock.monotonic(); !stop.stop_requested(); next += options_.targets_every) {
    wait_until(stop, next);
    parts_.observed(scrapes_.observe());
  }
}

void Senses::wait_until(const std::stop_token& stop, Duration monotonic) const {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  const Duration wait = monotonic - parts_.clock.monotonic();
  if (wait > Duration(0)) woken.wait_for(lock, stop, wait, [] { return false; });
}

}  // namespace capstan::loop
