// Follows the machine's log files and gives their lines to a sink, each once, also across restarts.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "connect/host/host_config.h"
#include "connect/host/host_sensor.h"
#include "connect/host/log_file.h"
#include "model/signal.h"

namespace capstan::host {

struct LogFollowerOptions {
  std::string host;  // Label `instance`.
  std::vector<LogSource> sources;
  std::string state_file;           // Where positions are kept; "" keeps none.
  int64_t lines_per_second = 1000;  // Of one file.
  size_t most_files = 500;
};

// poll() and run() are called by one thread; files() by any.
class LogFollower {
 public:
  // `sink` and `clock` must outlive this. An unreadable state file is told and ignored: lines written while Capstan
  // was down are then missed, nothing else.
  LogFollower(LogFollowerOptions options, LogSink& sink, const Clock& clock);
  ~LogFollower();

  // Takes what was written since the last call.
  Status poll();
  // Polls whenever something was written, until stop is requested.
  void run(const std::stop_token& stop);

  std::vector<FollowedFile> files() const;

 private:
  struct Followed;
  class Watcher;
  void find_new_files();
  void read_file(Followed& followed, Time now, std::vector<LogLine>& lines);
  void flush_event(Followed& followed, std::string& event, Time now, std::vector<LogLine>& lines);
  bool take_token(Followed& followed);
  void tell_suppressed(Followed& followed, Time now, std::vector<LogLine>& lines);
  LogLine to_line(const Followed& followed, std::string text, Time now) const;
  void load_positions();
  Status give(std::vector<LogLine> lines);
  Status save_positions();

  LogFollowerOptions options_;
  LogSink& sink_;
  const Clock& clock_;
  std::map<std::string, std::unique_ptr<Followed>> followed_;
  std::map<std::string, LogPosition> stored_;
  std::optional<Time> stored_since_;  // When the positions were kept.
  std::unique_ptr<Watcher> watcher_;
  Guarded<std::vector<FollowedFile>> shown_;
  Duration searched_{-1'000'000};
  Duration saved_{0};
  bool first_search_ = true;
  bool unsaved_ = false;
  bool more_ = false;
  std::vector<LogLine> refused_;  // Read, and not taken yet.
};

}  // namespace capstan::host
