// Keeps the messages with whose buttons plans are decided on as the plans are: who decided by whichever way, what holds
// a plan back and that it no longer does, how it ended. What was told last is read off the ledger, so that a message
// from before a restart is revised after it.
#pragma once

#include <map>
#include <string>

#include "act/executor.h"
#include "loop/fact_book.h"
#include "model/draft.h"
#include "model/fact.h"
#include "tell/outbox.h"

namespace capstan::loop {

// Of the loop's thread.
class PlanCards {
 public:
  // Facts in the order of the ledger, from its beginning on.
  void note(const Fact& fact);
  // Queues revisions where a plan is no longer as its message says.
  Status revise(const act::Executor& executor, tell::Outbox& outbox, Time now, FactBook& facts);

 private:
  struct Card {
    Draft first;        // As it was told first.
    std::string told;   // What it says now, without what tells messages apart.
    bool stale = true;  // Something was written down about its plan since.
    Words frozen;       // As it was looked at last.
  };
  std::map<std::string, Card> cards_;  // By plan. Of those that have ended, until that is told.
};

}  // namespace capstan::loop
