// One-time codes that prove that somebody is who a chat says: shown to a chat's account alone, and brought here by a
// person who is logged in.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

namespace capstan::serve {

// Thread-safe. In memory only: after a restart a new code is asked for.
class LinkCodes {
 public:
  static constexpr Duration kValid = std::chrono::minutes(10);

  LinkCodes(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

  // "K7QM-2XPA": 40 random bits in letters and digits that are hard to mistake. Takes the place of the account's last.
  std::string make(std::string_view account);
  // The account for which the code was made; it is good for one time. kNotFound for what is no code (any more). Case,
  // spaces and hyphens do not matter. Who may guess how often is for the caller to limit.
  Result<std::string> redeem(std::string_view code);

 private:
  struct Made {
    std::string account;
    Duration until;  // Monotonic.
  };
  void forget();

  const Clock& clock_;
  Random& random_;
  std::mutex mutex_;
  std::map<std::string, Made, std::less<>> codes_;  // Without the hyphen.
};

}  // namespace capstan::serve
