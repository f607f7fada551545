// Slows down who guesses passwords: the more failures, the longer the wait.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace capstan::serve {

// Thread-safe. In memory only: a restart forgives, and whoever can restart Capstan needs no password.
class LoginThrottle {
 public:
  explicit LoginThrottle(const Clock& clock) : clock_(clock) {}

  // Zero when a password may be tried now; `end` must then say what came of it. Until it does, the attempt counts as
  // one that fails, so that many at once get no further than one after the other. Else how long to wait.
  Duration begin(std::string_view user, std::string_view address);

  enum class Outcome {
    kRight,  // Clears the name, but half of the address only, and that not often: one account must not help to guess
             // the password of another.
    kWrong,
    kNotTried,  // Nothing was learnt about the password.
  };
  void end(std::string_view user, std::string_view address, Outcome outcome);

 private:
  struct Failures {
    int count = 0;
    int under_way = 0;
    Duration last{0};
    Duration blocked_until{0};
    Duration unforgiven_until{0};
  };
  struct Allowance {
    int free;          // Failures without a wait: people mistype.
    Duration longest;  // The wait doubles from one second up to this.
  };
  using Entries = std::map<std::string, Failures, std::less<>>;
  static constexpr Allowance kUser{10, std::chrono::seconds(30)};
  static constexpr Allowance kAddress{5, std::chrono::minutes(15)};

  static Duration wait(const Entries& entries, std::string_view key, const Allowance& allowance, Duration now);
  static Failures& entry(Entries& entries, std::string_view key, Duration now);
  static void end(Failures& failures, const Allowance& allowance, bool wrong, Duration now);

  const Clock& clock_;
  std::mutex mutex_;
  // Separate, because the waits differ: an address is slowed down hard, a name only a little, or anybody could lock
  // somebody else out.
  Entries users_;
  Entries addresses_;
};

}  // namespace capstan::serve
