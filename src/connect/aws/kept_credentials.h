// Credentials that are asked for once and again before they expire.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>

#include "base/clock.h"
#include "base/result.h"
#include "connect/aws/signer.h"

namespace capstan::aws {

// Thread-safe: one refresh at a time, the others wait for it.
class KeptCredentials {
 public:
  using Obtain = std::function<Result<Credentials>(const std::stop_token&)>;
  KeptCredentials(Obtain obtain, const Clock& clock) : obtain_(std::move(obtain)), clock_(clock) {}

  // Asks anew five minutes before the old ones expire. When that fails while they are still good, they are given, and
  // it is tried again half a minute later.
  Result<Credentials> get(const std::stop_token& stop);

  // The service said that these have expired: the next get asks anew.
  void refused(const Credentials& used);

 private:
  const Obtain obtain_;
  const Clock& clock_;
  std::mutex mutex_;
  std::optional<Credentials> kept_;
  std::optional<Error> failure_;
  Duration tried_{0};  // By the monotonic clock.
};

}  // namespace capstan::aws
