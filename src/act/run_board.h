// What long work prints and how far it is, for whoever looks on: in memory, in bounded parts, the newest actions only.
#pragma once

#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/head_tail.h"
#include "base/json.h"
#include "model/run_listener.h"

namespace capstan::act {

// Thread-safe.
class RunBoard final : public RunListener {
 public:
  // `clock` must outlive it.
  explicit RunBoard(const Clock& clock) : clock_(clock) {}

  void began(std::string_view action, Duration time_limit) override;
  void printed(std::string_view action, std::string_view text) override;
  void progressed(std::string_view action, RunProgress progress) override;
  void ended(std::string_view action) override;

  // Null for an action of which nothing is known here, else {"running", "text", "from", "next", "size", "progress",
  // "started", "ends_by"}: what was printed from byte `after` on; what of it is left out lies before "from".
  Json output(std::string_view action, uint64_t after) const;
  // Null, or {"done", "of", "says", "ends_by"}, while it runs.
  Json progress(std::string_view action) const;

 private:
  struct Run {
    std::string action;
    HeadTail text;
    RunProgress progress;
    bool has_progress = false;
    bool running = false;
    Time started;
    Time ends_by;
  };
  Run* find(std::string_view action);
  const Run* find(std::string_view action) const;
  static Json progress_of(const Run& run);
  void forget();

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::list<Run> runs_;  // The oldest first.
  std::map<std::string, Run*, std::less<>> by_action_;
};

}  // namespace capstan::act
