// A password changed somewhere else, so that one that works is always known; and who can do that.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "model/secret.h"

namespace capstan {

enum class SetAnswer {
  kDone,
  kRefused,     // Certainly not done, by this call.
  kCannotTell,  // No answer, or none that says.
};

enum class LoginAnswer { kWorks, kRefused, kCannotTell };

enum class RotationEnd {
  kRotated,       // The record has the new password only, and a login proved it.
  kRefused,       // The new password was not taken; the record has the old one only, and a login proved it.
  kCurrentWorks,  // A login proved the old one; the pending one is kept, and set by the next rotation.
  kCannotTell,    // One of both works; both are kept: try again when logins can be judged.
  kNeitherWorks,  // Both were refused and are kept: somebody else changed it, or the account is locked. A person.
};

struct RotationReport {
  RotationEnd end = RotationEnd::kCannotTell;
  int64_t version = 0;  // Of the record now.
  int logins = 0;
  int refused = 0;  // Of them; never more than the algorithm's limit.
};

struct PasswordChange {
  std::string path;    // Of the record.
  std::string policy;  // The name of the password policy that the new one is made by; "" for the default.
  bool first = false;  // There is no password yet: an account is given its first one.
  // Fields that are written with the password, in the same version: what the change was for.
  std::map<std::string, std::string> marks;
  // How the other side is given a password (`old` is empty for the first), and asked whether one works.
  std::function<SetAnswer(const Secret& old, const Secret& wanted)> set_password;
  std::function<LoginAnswer(const Secret& password)> try_login;
};

// Thread-safe.
class PasswordChanger {
 public:
  virtual ~PasswordChanger() = default;
  virtual Result<RotationReport> change(const PasswordChange& change) = 0;
  // Ends what was cut off, by at most two logins; sets nothing.
  virtual Result<RotationReport> recover(const PasswordChange& change) = 0;
  // The record's version now, 0 where there is none.
  virtual Result<int64_t> version(const std::string& path) = 0;
};

}  // namespace capstan
