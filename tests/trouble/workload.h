// Runs a shell command line with all its descendants, and measures how much of their processor time the host connector
// holds to be unproductive.
#pragma once

#include <string>

#include "base/clock.h"

namespace capstan::trouble {

struct Measured {
  double cpu_seconds = 0;
  double unproductive_seconds = 0;
  std::string reasons;  // The last verdicts, for people.

  double share() const { return cpu_seconds > 0 ? unproductive_seconds / cpu_seconds : 0; }
};

// A folder under /tmp with what the workloads need: sources to build, a text to sort, a package. Removed at the end.
class Workshop {
 public:
  Workshop();
  ~Workshop();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Runs `command` by sh for `seconds`, looked at once a second, then ends all of it. As in a real trouble, its streams
// are those of a service: input from /dev/null, output into pipes that somebody reads.
Measured run_workload(const std::string& command, const std::string& directory, int seconds);

}  // namespace capstan::trouble
