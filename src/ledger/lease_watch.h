// Renews a lease in the background, and says at once when it is lost.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "ledger/lease.h"

namespace capstan::ledger {

// Two threads: asking for more time may take long, and the end of the lease does not wait for an answer.
class LeaseWatch {
 public:
  // `lost` is called once, on a thread of its own. All outlive the watch.
  LeaseWatch(Lease& lease, const Clock& clock, std::function<void()> lost);
  // Renews no more. Not from `lost`.
  ~LeaseWatch();

 private:
  void sleep(const std::stop_token& stop, Duration time);

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread renewer_;
  std::jthread guard_;
};

}  // namespace capstan::ledger
