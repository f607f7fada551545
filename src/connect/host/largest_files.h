// Which files fill a filesystem, when nobody has them open any more: a walk with a limit.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/time.h"
#include "connect/host/user_names.h"

namespace capstan::host {

struct WalkLimits {
  size_t entries = 50'000;
  Duration time{200};
  Duration recent{3'600'000};  // A file modified within it is recent.
  size_t most = 10;
};

// The largest files below `mountpoint` on its own filesystem, recently modified ones first:
// [{"path", "bytes", "modified", "owner"}]. `complete` tells whether the whole tree was seen within the limits.
struct LargestFiles {
  Json files = Json::array();
  bool complete = true;
};
LargestFiles find_largest_files(const std::string& mountpoint, Time now, const Clock& clock, UserNames& users,
                                const WalkLimits& limits = {});

}  // namespace capstan::host
