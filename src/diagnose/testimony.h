// What a diagnosis is told beside the picture: events and logs that were fetched for it, and what is known to be wrong.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "model/finding.h"
#include "model/resource.h"

namespace capstan::diagnose {

// A warning of the counterpart about a resource.
struct Event {
  ResourceId resource;
  std::string reason;   // "FailedMount"
  std::string message;  // Without secrets.
  int64_t count = 1;
  Time last;
};

// Whose log is wanted.
struct LogRequest {
  ResourceId resource;
  std::string container;
  bool previous = false;  // Of the run before the last start.

  bool operator==(const LogRequest&) const = default;
};

struct LogTail {
  LogRequest request;
  std::vector<std::string> lines;  // The last ones, without secrets.
};

struct Testimony {
  bool is_live = false;  // Events were asked for.
  Time now;              // For the age of events.
  std::vector<Event> events;
  std::vector<LogTail> logs;
  std::vector<Finding> findings;  // That hold, of whatever resource.
  std::vector<Error> problems;    // What could not be asked.
};

}  // namespace capstan::diagnose
