#include "connect/host/user_names.h"

#include <pwd.h>

#include <vector>

namespace capstan::host {

const std::string& UserNames::name(uid_t uid) {
  if (const auto known = names_.find(uid); known != names_.end()) return known->second;
  if (names_.size() > 10'000) names_.clear();
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  return names_.emplace(uid, found != nullptr ? std::string(found->pw_name) : std::to_string(uid)).first->second;
}

}  // namespace capstan::host
