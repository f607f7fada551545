// What a resource cost from when to when.
#pragma once

#include <string>
#include <vector>

#include "model/resource.h"
#include "money/amount.h"
#include "money/price.h"

namespace capstan::money {

struct Stretch {
  Time from;
  Time to;
  const Price* price = nullptr;  // nullptr: no price is known, the rates are 0 and `running` says nothing.
  bool running = false;
  Rate cost = 0;     // What it cost.
  Rate base = 0;     // What it would have cost had it run: while it does not, what it last ran at.
  Rate stopped = 0;  // What it costs all the same when it does not run.
};

// A resource as long as it existed: its stretches rise, and end at the time of the question.
struct PricedResource {
  ResourceId id;
  std::string kind;
  std::string name;
  std::vector<Stretch> stretches;
};

}  // namespace capstan::money
