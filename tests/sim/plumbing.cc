#include "sim/plumbing.h"

namespace capstan::sim {

Result<std::vector<Seq>> MemoryFacts::append(std::span<const NewFact> facts) {
  if (dead_) return fail(ErrorCode::kUnavailable, "the process is dead");
  const bool dies = armed_ && remaining_ == 0;
  if (armed_ && remaining_ > 0) --remaining_;
  if (dies) {
    dead_ = true;
    if (on_death) on_death(facts.front(), how_);
  }
  if (dies && how_ == Death::kBeforeWriting) return fail(ErrorCode::kUnavailable, "the process is dead");
  if (!dies && full && full()) {
    if (on_refused) on_refused(facts);
    return fail(ErrorCode::kResourceExhausted, "no space left on device");
  }
  if (beside) {
    const Result<std::vector<Seq>> written = beside->append(facts);
    if (!written && written.error().code != ErrorCode::kResourceExhausted) {
      uncertain_.assign(facts.begin(), facts.end());
      dead_ = true;
    } else if (!written && on_refused) {
      on_refused(facts);
    }
    if (!written) return written;
    if (written->front() != facts_.size() + 1) return fail(ErrorCode::kInternal, "the ledger counts differently");
  }
  ++appends_;
  std::vector<Seq> numbers;
  for (const NewFact& fact : facts) {
    take(fact);
    numbers.push_back(facts_.back().seq);
  }
  if (dies) return fail(ErrorCode::kUnavailable, "the process is dead");
  return numbers;
}

void MemoryFacts::take(const NewFact& fact) {
  facts_.push_back({.seq = facts_.size() + 1,
                    .at = fact.at,
                    .kind = fact.kind,
                    .subject = fact.subject,
                    .body = fact.body,
                    .cause = fact.cause,
                    .actor = fact.actor,
                    .redacted = false});
  if (on_fact) on_fact(facts_.back());
}

void MemoryFacts::settle(bool held) {
  for (const NewFact& fact : uncertain_) {
    if (held) take(fact);
  }
  uncertain_.clear();
}

bool StepRunner::try_run(act::Work work) {
  if (waiting_.size() >= limit_) return false;
  waiting_.push_back(std::move(work));
  return true;
}

act::WorkResult StepRunner::run(size_t index, const std::stop_token& stop) {
  const act::Work work = std::move(waiting_[index]);
  waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(index));
  if (on_run) on_run(work);
  return work.run(stop);
}

}  // namespace capstan::sim
