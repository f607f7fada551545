// How a stage writes facts down without knowing where they are kept.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "model/fact.h"

namespace capstan {

// Called by the thread that owns the ledger, and by no other.
class FactSink {
 public:
  virtual ~FactSink() = default;
  // All of the facts are durable when this returns their numbers, or none is written and the error says why.
  virtual Result<std::vector<Seq>> append(std::span<const NewFact> facts) = 0;
};

}  // namespace capstan
