#include "ledger/lease_watch.h"

#include <algorithm>

namespace capstan::ledger {
namespace {

constexpr Duration kLook{50};

}  // namespace

LeaseWatch::LeaseWatch(Lease& lease, const Clock& clock, std::function<void()> lost) {
  renewer_ = std::jthread([this, &lease, &clock](const std::stop_token& stop) {
    while (!stop.stop_requested() && lease.held()) {
      const Duration next = lease.renew_when_due();
      sleep(stop, std::max(kLook, next - clock.sleepless()));
    }
  });
  guard_ = std::jthread([this, &lease, lost = std::move(lost)](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (!lease.held()) return lost();
      sleep(stop, kLook);
    }
  });
}

LeaseWatch::~LeaseWatch() {
  guard_.request_stop();
  renewer_.request_stop();
  guard_.join();
  renewer_.join();
}

void LeaseWatch::sleep(const std::stop_token& stop, Duration time) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, stop, time, [] { return false; });
}

}  // namespace capstan::ledger
