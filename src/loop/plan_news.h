// What people are told of plans: that one waits for them, how one ended, and an action whose end is not known.
#pragma once

#include <limits>
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
  // Relations have been derived from all facts up to this one. Nobody is told before that a plan waits which may be
  // taken back at once: whose something is, and whether that was approved of in advance, are relations.
  void related_up_to(Seq fact) { related_ = fact; }

 private:
  enum class Kind { kProposed, kUnknown, kFinished, kKept };
  struct Item {
    Kind kind = Kind::kFinished;
    std::string plan;
    std::string action;  // Whose end is unknown.
    Words says;
    Seq fact = 0;
  };
  bool is_early(const Item& item, const Plan& plan, Time now) const;

  std::vector<Item> items_;
  Seq related_ = std::numeric_limits<Seq>::max();
};

}  // namespace capstan::loop
