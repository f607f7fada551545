// What an instance is given when several nodes share one ledger: this one leads, for as long as it may.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "ledger/kept_fact.h"

namespace capstan::loop {

struct Lead {
  ledger::Authority* authority = nullptr;  // Has every fact before it counts; outlives the instance.
  std::function<bool()> may_act;           // Asked right before anything outside is touched. Thread-safe.
  std::string node;
  uint64_t epoch = 0;
};

}  // namespace capstan::loop
