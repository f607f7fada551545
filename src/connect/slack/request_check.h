// Whether a request that arrives by HTTP is Slack's, is of now, and has not been taken before.
// Source: Slack API documentation, "Verifying requests from Slack".
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "model/secret.h"

namespace capstan::slack {

// Remembers, for a while, what was taken. Thread-safe.
class SeenBefore {
 public:
  SeenBefore(const Clock& clock, Duration span, size_t most) : clock_(clock), while_(span), most_(most) {}

  // True the first time that `key` is named within the while. At the limit the oldest is forgotten.
  bool first_time(std::string_view key);
  // What could not be taken after all: when it comes again it is the first time.
  void take_back(std::string_view key);

 private:
  void forget(Duration now);

  const Clock& clock_;
  const Duration while_;
  const size_t most_;
  std::mutex mutex_;
  std::map<std::string, Duration, std::less<>> seen_;
  std::deque<std::string> order_;
};

// Thread-safe.
class RequestCheck {
 public:
  // What was sent before the check was made is refused: nobody remembers whether it was taken.
  explicit RequestCheck(const Clock& clock);

  // `timestamp` and `signature` are the headers X-Slack-Request-Timestamp and X-Slack-Signature. kUnauthenticated for
  // what is not Slack's or too old; kAlreadyExists for what was taken.
  Status check(const Secret& signing_secret, std::string_view timestamp, std::string_view signature,
               std::string_view body);

 private:
  const Clock& clock_;
  const int64_t made_;  // Unix seconds.
  SeenBefore seen_;
};

}  // namespace capstan::slack
