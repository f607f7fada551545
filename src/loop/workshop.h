// Hands the executor's work to the workers and its results back to the loop.
#pragma once

#include <atomic>
#include <functional>
#include <stop_token>

#include "act/work.h"
#include "base/worker_pool.h"

namespace capstan::loop {

class Workshop final : public act::WorkRunner {
 public:
  struct Parts {
    WorkerPool& workers;
    std::function<bool()> may_act;              // Where several nodes share a ledger; empty for a node on its own.
    std::function<bool(act::WorkResult)> done;  // Waits for room. False: nobody takes results any more.
  };
  explicit Workshop(Parts parts) : parts_(std::move(parts)) {}

  bool try_run(act::Work work) override;

  void request_stop() { stop_.request_stop(); }
  std::stop_token token() const { return stop_.get_token(); }
  // Asked by workers: between an intent and its work the lease may have gone.
  bool may_act() const { return !parts_.may_act || parts_.may_act(); }
  int under_way() const { return under_way_.load(); }

 private:
  Parts parts_;
  std::atomic<int> under_way_ = 0;
  std::stop_source stop_;
};

}  // namespace capstan::loop
