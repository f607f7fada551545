#include "connect/host/log_follower.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "base/clean_text.h"
#include "base/file.h"
#include "base/file_handle.h"
#include "base/log.h"
#include "connect/host/path_pattern.h"
#include "model/log_level.h"

namespace capstan::host {
namespace {

constexpr Duration kSearchEvery{5'000};
constexpr Duration kSaveEvery{1'000};
constexpr Duration kGoneFor{10'000};
constexpr size_t kBytesAtOnce = 4 << 20;  // Of one file, before the others have their turn.
constexpr size_t kLinesAtOnce = 5'000;    // Given to the sink.
// Indented lines belong to the one before them, as in stack traces, and lines without a time to the error before them
// that has one, as in what follows "threw exception"; up to these limits.
constexpr size_t kMostEventLines = 100;
constexpr size_t kMostEventBytes = 16 << 10;
constexpr int64_t kBurstSeconds = 3;

constexpr size_t kDatedWithin = 40;  // Bytes from the beginning of a line.

// Whether a time of day, "15:04", stands at the beginning of a line.
bool is_dated(std::string_view line) {
  const std::string_view front = line.substr(0, kDatedWithin);
  const auto digit = [&](size_t at) { return front[at] >= '0' && front[at] <= '9'; };
  for (size_t i = 2; i + 2 < front.size(); ++i) {
    if (front[i] == ':' && digit(i - 2) && digit(i - 1) && digit(i + 1) && digit(i + 2)) return true;
  }
  return false;
}

bool continues_event(std::string_view event, std::string_view line) {
  if (line.empty() || event.empty()) return false;
  if (line.front() == ' ' || line.front() == '\t') return true;
  return line.front() != '{' && !is_dated(line) && is_dated(event) &&
         level_of(event.substr(0, event.find('\n'))) == "error";
}

// Programs that Capstan starts have their streams in files of their own; see start_detached.
std::string_view stream_of(std::string_view path) {
  if (path.ends_with(".stderr.log")) return "stderr";
  if (path.ends_with(".stdout.log")) return "stdout";
  return "";
}

// Whether a file was made after `since`, where its filesystem remembers that.
bool is_younger(const std::string& path, Time since) {
  struct statx status{};
  if (::statx(AT_FDCWD, path.c_str(), AT_STATX_DONT_SYNC, STATX_BTIME, &status) != 0) return false;
  if ((status.stx_mask & STATX_BTIME) == 0) return false;
  return from_unix_ms(status.stx_btime.tv_sec * 1000 + status.stx_btime.tv_nsec / 1'000'000) > since;
}

}  // namespace

struct LogFollower::Followed {
  Followed(std::string path, std::optional<LogPosition> stored, LogStart start, const LogSource& source)
      : file(std::move(path), std::move(stored), start), labels(source.labels) {}

  LogFile file;
  std::vector<std::pair<std::string, std::string>> labels;
  uint64_t lines = 0;
  uint64_t suppressed = 0;
  uint64_t untold = 0;  // Suppressed and not yet told in a line.
  double tokens = 0;
  Duration refilled{-1};
  Duration told{0};
  size_t event_lines = 0;
  Duration gone_since{-1};
};

// Wakes the follower when a file was written to or a directory changed. Where inotify has no watches left, polling
// alone still finds everything.
class LogFollower::Watcher {
 public:
  Watcher() : inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {}

  void watch(const std::string& path) {
    if (!inotify_.is_open() || !watched_.insert(path).second) return;
    ::inotify_add_watch(inotify_.get(), path.c_str(), IN_MODIFY | IN_MOVE_SELF | IN_DELETE_SELF | IN_ATTRIB);
    const std::string directory = path.substr(0, path.rfind('/'));
    if (watched_.insert(directory).second) {
      ::inotify_add_watch(inotify_.get(), directory.empty() ? "/" : directory.c_str(),
                          IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
    }
  }
  void forget(const std::string& path) { watched_.erase(path); }

  // True when something happened within `limit`.
  bool wait(Duration limit) {
    pollfd wait{inotify_.get(), POLLIN, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(limit.count()));
    char events[16384];
    while (inotify_.is_open() && ::read(inotify_.get(), events, sizeof(events)) > 0) {
    }
    return ready > 0;
  }

 private:
  FileHandle inotify_;
  std::set<std::string> watched_;
};

LogFollower::LogFollower(LogFollowerOptions options, LogSink& sink, const Clock& clock)
    : options_(std::move(options)), sink_(sink), clock_(clock), watcher_(std::make_unique<Watcher>()) {
  load_positions();
}

LogFollower::~LogFollower() {
  if (unsaved_ && refused_.empty()) {  // The next one reads again what was not taken.
    if (Status saved = save_positions(); !saved) log::warning("host", saved.error().message);
  }
}

void LogFollower::load_positions() {
  if (options_.state_file.empty()) return;
  const auto content = capstan::read_file(options_.state_file);
  if (!content) {
    if (content.error().code != ErrorCode::kNotFound) log::warning("host", content.error().message);
    return;
  }
  const auto json = Json::parse(*content, options_.state_file);
  if (!json) {
    log::warning("host", "positions in log files are lost: " + json.error().to_string());
    return;
  }
  struct stat status{};
  if (::stat(options_.state_file.c_str(), &status) == 0) {
    stored_since_ = from_unix_ms(status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1'000'000);
  }
  for (const auto& [path, position] : (*json)["files"].members()) stored_[path] = LogPosition::from_json(position);
}

Status LogFollower::save_positions() {
  unsaved_ = false;
  saved_ = clock_.monotonic();
  if (options_.state_file.empty()) return {};
  Json files = Json::object();
  for (const auto& [path, followed] : followed_) files.set(path, followed->file.position().to_json());
  return write_file_atomically(options_.state_file, Json::object({{"files", files}}).dump(), 0600);
}

void LogFollower::find_new_files() {
  const Duration now = clock_.monotonic();
  if (!first_search_ && now - searched_ < kSearchEvery) return;
  searched_ = now;
  for (const LogSource& source : options_.sources) {
    for (std::string& path : find_files(source.path, options_.most_files)) {
      if (followed_.contains(path)) continue;
      if (followed_.size() >= options_.most_files) {
        if (first_search_)
          log::warning(
              "host", fmt::format("more than {} log files: {} and others are not followed", options_.most_files, path));
        break;
      }
      const auto stored = stored_.find(path);
      const auto position = stored == stored_.end() ? std::nullopt : std::optional(stored->second);
      // What was there when we first looked was written before us; what comes later is new.
      const bool is_new = !first_search_ || (stored_since_ && is_younger(path, *stored_since_));
      const LogStart start = is_new ? LogStart::kAtBeginning : LogStart::kAtEnd;
      watcher_->watch(path);
      followed_.emplace(path, std::make_unique<Followed>(path, position, start, source));
    }
  }
  first_search_ = false;
}

LogLine LogFollower::to_line(const Followed& followed, std::string text, Time now) const {
  std::vector<Labels::Pair> labels = {
      {"filename", followed.file.path()},
      {"instance", options_.host},
      {"stream", std::string(stream_of(followed.file.path()))},
      {"resource", fmt::format("host_log_file/{}:{}", options_.host, followed.file.path())}};
  labels.emplace_back("level", level_of(text));
  for (const auto& [key, value] : followed.labels) labels.emplace_back(key, value);
  return {.at = now, .labels = Labels(std::move(labels)), .text = std::move(text)};
}

bool LogFollower::take_token(Followed& followed) {
  const Duration now = clock_.monotonic();
  const auto most = static_cast<double>(options_.lines_per_second * kBurstSeconds);
  if (followed.refilled < Duration(0))
    followed.tokens = most;
  else
    followed.tokens = std::min(
        most, followed.tokens + to_seconds(now - followed.refilled) * static_cast<double>(options_.lines_per_second));
  followed.refilled = now;
  if (followed.tokens < 1) return false;
  followed.tokens -= 1;
  return true;
}

void LogFollower::flush_event(Followed& followed, std::string& event, Time now, std::vector<LogLine>& lines) {
  if (event.empty()) return;
  if (take_token(followed)) {
    lines.push_back(to_line(followed, clean_line(event, kMostEventBytes), now));
    ++followed.lines;
  } else {
    ++followed.suppressed;
    ++followed.untold;
  }
  event.clear();
  followed.event_lines = 0;
}

void LogFollower::tell_suppressed(Followed& followed, Time now, std::vector<LogLine>& lines) {
  if (followed.untold == 0 || clock_.monotonic() - followed.told < Duration(1'000)) return;
  followed.told = clock_.monotonic();
  lines.push_back(to_line(
      followed, fmt::format("suppressed {} lines: more than {} a second", followed.untold, options_.lines_per_second),
      now));
  followed.untold = 0;
}

void LogFollower::read_file(Followed& followed, Time now, std::vector<LogLine>& lines) {
  std::string event;
  const bool all = followed.file.read(
      [&](std::string_view line) {
        const bool joins = continues_event(event, line) && followed.event_lines < kMostEventLines &&
                           event.size() + line.size() < kMostEventBytes;
        if (!joins) flush_event(followed, event, now, lines);
        if (joins) event += '\n';
        event += line;
        ++followed.event_lines;
      },
      kBytesAtOnce);
  flush_event(followed, event, now, lines);
  tell_suppressed(followed, now, lines);
  more_ = more_ || !all;
}

// What the sink cannot take now is kept, and nothing more is read until it can: the files keep the rest.
Status LogFollower::give(std::vector<LogLine> lines) {
  if (lines.empty()) return {};
  const Status taken = sink_.append(lines);
  const bool later =
      !taken && (taken.error().code == ErrorCode::kUnavailable || taken.error().code == ErrorCode::kResourceExhausted);
  if (later) refused_ = std::move(lines);
  return taken;
}

Status LogFollower::poll() {
  TRY(give(std::exchange(refused_, {})));
  find_new_files();
  const Time now = clock_.now();
  more_ = false;
  std::vector<LogLine> lines;
  std::vector<FollowedFile> shown;
  for (auto entry = followed_.begin(); entry != followed_.end();) {
    Followed& followed = *entry->second;
    const size_t before = lines.size();
    read_file(followed, now, lines);
    unsaved_ = unsaved_ || lines.size() != before;
    shown.push_back({followed.file.path(), followed.file.size(), followed.lines, followed.suppressed});
    if (lines.size() >= kLinesAtOnce) {
      TRY(give(std::exchange(lines, {})));
    }
    if (!followed.file.is_gone())
      followed.gone_since = Duration(-1);
    else if (followed.gone_since < Duration(0))
      followed.gone_since = clock_.monotonic();
    // Its writer may go on for a while under the old file before it makes the new one.
    const bool forget = followed.file.is_gone() && clock_.monotonic() - followed.gone_since >= kGoneFor;
    if (forget) {
      watcher_->forget(entry->first);
      stored_.erase(entry->first);
      entry = followed_.erase(entry);
    } else {
      ++entry;
    }
  }
  shown_.write([&](std::vector<FollowedFile>& files) { files = std::move(shown); });
  TRY(give(std::move(lines)));
  if (unsaved_ && clock_.monotonic() - saved_ >= kSaveEvery) return save_positions();
  return {};
}

void LogFollower::run(const std::stop_token& stop) {
  std::string last_problem;
  while (!stop.stop_requested()) {
    const Status polled = poll();
    const std::string problem = polled ? "" : polled.error().message;
    if (!problem.empty() && problem != last_problem) log::error("host", "following logs: " + problem);
    last_problem = problem;
    if (more_) continue;
    // A little rest first, so that a file written line by line does not wake us for each.
    watcher_->wait(Duration(stop.stop_requested() ? 0 : 500));
    if (!stop.stop_requested()) watcher_->wait(Duration(50));
  }
}

std::vector<FollowedFile> LogFollower::files() const {
  return shown_.read([](const std::vector<FollowedFile>& files) { return files; });
}

}  // namespace capstan::host
