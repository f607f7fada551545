// Names of users by number, remembered: the answer may come from a directory server far away.
#pragma once

#include <sys/types.h>

#include <string>
#include <unordered_map>

namespace capstan::host {

// Not thread-safe.
class UserNames {
 public:
  // The number itself for a user without a name.
  const std::string& name(uid_t uid);

 private:
  std::unordered_map<uid_t, std::string> names_;
};

}  // namespace capstan::host
