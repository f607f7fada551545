// The policies of a random world, each with what it means told a second time in C++, so that neither its selection nor
// the state it wants is taken from the code that is being tested.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/random.h"
#include "model/resource.h"

namespace capstan::sim {

struct WatchedPolicy {
  std::string name;
  std::string yaml;
  // Whether it may act on a resource that looks like this.
  std::function<bool(const Resource&)> may_touch;
  // What is wrong with a resource at a time, where the policy keeps something so; "" when nothing is.
  std::function<std::string(const Resource&, Time)> complaint;
};

bool is_sensitive(const Resource& resource);

// Some of: hours (keeps a state by the clock), filled (keeps a condition), round (cron; what it does must happen once),
// hot (an alert, undone when it is quiet). Limits and approval at random.
std::vector<WatchedPolicy> random_policies(Random& random);

}  // namespace capstan::sim
