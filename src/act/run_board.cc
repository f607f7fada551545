#include "act/run_board.h"

#include <algorithm>

namespace capstan::act {
namespace {

constexpr size_t kMostRuns = 100;  // That have ended; what runs is kept, and workers are few.
constexpr size_t kHead = 64 << 10;
constexpr size_t kTail = 192 << 10;
constexpr size_t kMostAtOnce = 256 << 10;

// Not in the middle of a character: what is left comes with the next question.
size_t whole_characters(std::string_view text, size_t most) {
  if (text.size() <= most) return text.size();
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return most;
}

}  // namespace

RunBoard::Run* RunBoard::find(std::string_view action) {
  const auto found = by_action_.find(action);
  return found == by_action_.end() ? nullptr : found->second;
}

const RunBoard::Run* RunBoard::find(std::string_view action) const { return const_cast<RunBoard*>(this)->find(action); }

void RunBoard::began(std::string_view action, Duration time_limit) {
  const std::lock_guard lock(mutex_);
  Run* run = find(action);
  if (!run) {
    run = &runs_.emplace_back(Run{.action = std::string(action), .text = HeadTail(kHead, kTail)});
    by_action_[run->action] = run;
  }
  run->running = true;
  run->has_progress = false;
  run->started = clock_.now();
  run->ends_by = run->started + time_limit;
  forget();
}

void RunBoard::printed(std::string_view action, std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (Run* run = find(action)) run->text.append(text);
}

void RunBoard::progressed(std::string_view action, RunProgress progress) {
  const std::lock_guard lock(mutex_);
  Run* run = find(action);
  if (!run) return;
  run->progress = std::move(progress);
  run->has_progress = true;
}

void RunBoard::ended(std::string_view action) {
  const std::lock_guard lock(mutex_);
  if (Run* run = find(action)) run->running = false;
}

void RunBoard::forget() {
  auto ended = std::ranges::count(runs_, false, &Run::running);
  for (auto run = runs_.begin(); run != runs_.end() && ended > static_cast<long>(kMostRuns);) {
    if (run->running) {
      ++run;
      continue;
    }
    by_action_.erase(run->action);
    run = runs_.erase(run);
    --ended;
  }
}

Json RunBoard::progress_of(const Run& run) {
  Json progress = Json::object({{"done", Json()}, {"of", Json()}, {"says", ""}, {"ends_by", format_time(run.ends_by)}});
  if (!run.has_progress) return progress;
  progress.set("done", run.progress.done);
  progress.set("of", run.progress.of);
  progress.set("says", run.progress.says);
  return progress;
}

Json RunBoard::progress(std::string_view action) const {
  const std::lock_guard lock(mutex_);
  const Run* run = find(action);
  return run && run->running ? progress_of(*run) : Json();
}

Json RunBoard::output(std::string_view action, uint64_t after) const {
  const std::lock_guard lock(mutex_);
  const Run* run = find(action);
  if (!run) return {};
  uint64_t from = after;
  const std::string_view since = run->text.since(from);
  std::string_view text = since.substr(0, whole_characters(since, kMostAtOnce));
  uint64_t next = from + text.size();
  // What is left out may have ended within a character.
  while (from > after && !text.empty() && (static_cast<unsigned char>(text.front()) & 0xc0) == 0x80) {
    text.remove_prefix(1);
    ++from;
  }
  return Json::object({{"running", run->running},
                       {"text", text},
                       {"from", static_cast<int64_t>(from)},
                       {"next", static_cast<int64_t>(next)},
                       {"size", static_cast<int64_t>(run->text.size())},
                       {"progress", run->running || run->has_progress ? progress_of(*run) : Json()},
                       {"started", format_time(run->started)},
                       {"ends_by", format_time(run->ends_by)}});
}

}  // namespace capstan::act
