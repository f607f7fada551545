// What people are told of plans: that one waits for them, how one ended, and an action whose end is not known.
#pragma once

#include <string>
#include <vector>

#include "act/executor.h"
#include "loop/fact_book.h"
#include "model/fact.h"
#include "tell/outbox.h"

namespace capstan::loop {

// Of the loop's thread.
class PlanNews {
 public:
  void note(const Fact& fact);
  // Hands it to the outbox; what it does not take is told later. Links point to `page`.
  Status send(const act::Executor& executor, tell::Outbox& outbox, const std::string& page, Time now, FactBook& facts);

 private:
  enum class Kind { kProposed, kUnknown, kFinished };
  struct Item {
    Kind kind = Kind::kFinished;
    std::string plan;
    std::string action;  // Whose end is unknown.
    Words says;
    Seq fact = 0;
  };
  std::vector<Item> items_;
};

}  // namespace capstan::loop
