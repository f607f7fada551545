// Policies that were in force before and of which nobody knows now what they say, as their file has a mistake and
// Capstan has been started anew since it was good. Owned by one thread.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "model/fact.h"

namespace capstan::loop {

class UnreadPolicies {
 public:
  // Facts in the order of the ledger.
  void apply(const Fact& fact);

  // The files that cannot be read, or not wholly, and were not since the start.
  void set_files(std::set<std::filesystem::path> files) { files_ = std::move(files); }

  // The file that would say what this policy, which is not in force, wants by now; "" where it is gone for good.
  std::string file_of(std::string_view policy) const;

 private:
  std::map<std::string, std::string, std::less<>> known_;  // Policy, and the file that it was loaded from last.
  std::set<std::filesystem::path> files_;
};

}  // namespace capstan::loop
