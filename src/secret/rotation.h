// Changes a password somewhere else so that one that works is always known, whenever the process dies: the new one is
// written beside the current one, set, proven by a login, then made the current one.
//
// The record of the secret holds both while it is not proven which works:
//   password            what worked last
//   pending_password    what may work by now
//   pending_tries       how many calls may have spent logins on it
// Every write is a check-and-set, so of two rotations at once one fails with kFailedPrecondition. A pending password is
// never replaced by another one: a change that was asked for and got no answer may still happen, and then sets what the
// record has. (Beyond this: a portal that does not ask for the old password and
// carries a request out so late that the next rotation has begun.)
#pragma once

#include <functional>
#include <map>
#include <string>

#include "model/secret_change.h"
#include "model/versioned_secrets.h"

namespace capstan::secret {

struct RotationParts {
  VersionedSecretStore& store;
  std::function<SetAnswer(const Secret& old, const Secret& wanted)> set_password;
  std::function<LoginAnswer(const Secret& password)> try_login;
  std::function<Result<Secret>()> make_password;
  std::map<std::string, std::string> marks = {};  // Fields that come with the new password when it is the current one.
};

// One call never has more logins refused than this, so that an account is not locked by us.
inline constexpr int kMostRefused = 2;
// So many calls may spend logins on one pending password; then kFailedPrecondition says that a person has to look.
inline constexpr int kMostTries = 5;

// A rotation of the secret at `path`, which must exist; other fields of it stay. One that was cut off is ended first,
// and that is all then. Errors are those of the store and of make_password; whatever they are, `recover` or the next
// `rotate` finds out.
Result<RotationReport> rotate_password(const RotationParts& parts, std::string_view path);

// The first password of an account, which has none before it: the record need not exist. A pending one that is there is
// tried before it is set, as an earlier call may have been cut off. kRotated after one login where the password of the
// record works already; where it is refused, it is that of an earlier account of the name, and gives way to the new
// one.
Result<RotationReport> issue_password(const RotationParts& parts, std::string_view path);

// Finds out which password works, by at most two logins, the pending one first; sets nothing. kCurrentWorks where
// nothing is pending, without a login.
Result<RotationReport> recover_password(const RotationParts& parts, std::string_view path);

}  // namespace capstan::secret
