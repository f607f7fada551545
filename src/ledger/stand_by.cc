#include "ledger/stand_by.h"

#include <fmt/format.h>

#include "base/log.h"

namespace capstan::ledger {
namespace {

constexpr size_t kFactsAtOnce = 2'000;
constexpr size_t kBytesAtOnce = 8 << 20;

}  // namespace

StandBy::StandBy(Ledger& copy, SharedStore& store, Lease& lease, Candidate candidate)
    : copy_(copy), store_(store), lease_(lease), candidate_(std::move(candidate)) {
  report_.write([&](StandByReport& report) {
    report.node = candidate_.node;
    report.copied = copy_.last_seq();
  });
}

Result<bool> StandBy::step() {
  Result<bool> leads = step_once();
  report_.write([&](StandByReport& report) {
    report.copied = copy_.last_seq();
    report.error = leads ? "" : leads.error().message;
  });
  // What was begun as the leader and could not be finished is not kept waiting for.
  if (!leads && lease_.held()) (void)lease_.release();
  return leads;
}

Result<bool> StandBy::step_once() {
  Standing standing = TRY(store_.standing());
  report_.write([&](StandByReport& report) {
    report.leader = standing.leader;
    report.page = standing.page;
    report.since = standing.since;
    report.vacant = standing.free;
    report.shared = standing.head.last;
  });
  if (!compared_) TRY(check_common_past(standing.head));
  TRY(copy_up_to(standing.head.last));
  if (!standing.free) return false;
  // Who has no room would lose the lead at its first fact, and keep those from it who have.
  TRY(during("writing this node's copy of the ledger", copy_.try_writing()));
  if (!TRY(lease_.take(candidate_))) return false;
  // What the leader of before has written since.
  standing = TRY(store_.standing());
  TRY(check_common_past(standing.head));
  TRY(copy_up_to(standing.head.last));
  if (copy_.last_seq() > standing.head.last) TRY(give_back(standing.head));
  standing = TRY(store_.standing());
  if (standing.head != copy_.head()) return fail(parted(standing.head.last));
  return lease_.held();
}

Status StandBy::check_common_past(const Head& shared) {
  const Head own = copy_.head();
  const Seq common = std::min(own.last, shared.last);
  compared_ = true;
  if (common == 0) return {};
  Sha256 here = own.chain, there = shared.chain;
  if (own.last > common) {
    const std::vector<KeptFact> fact = TRY(copy_.read_kept(common, 1, 1));
    if (fact.empty() || fact.front().seq != common) return fail(parted(common));
    here = fact.front().chain;
  } else if (shared.last > common) {
    const std::vector<KeptFact> fact = TRY(store_.read(common, 1));
    if (fact.empty() || fact.front().seq != common) return fail(parted(common));
    there = fact.front().chain;
  }
  if (here != there) return fail(parted(common));
  return {};
}

Error StandBy::parted(Seq seq) const {
  const std::string file = copy_.path().string();
  return {ErrorCode::kFailedPrecondition,
          fmt::format("fact {} of {} is not the one of the shared ledger: they are two different ledgers. Where the "
                      "shared one is right, move {}* and catalog.db* beside it away, and start again: the copy is made "
                      "anew. Else name another database",
                      seq, file, file),
          {}};
}

Status StandBy::copy_up_to(Seq last) {
  while (copy_.last_seq() < last) {
    const std::vector<KeptFact> facts = TRY(store_.read(copy_.last_seq() + 1, kFactsAtOnce));
    if (facts.empty()) return fail(ErrorCode::kCorrupt, "the shared ledger ends before its last fact");
    TRY(copy_.copy(facts));
    lease_.renew_when_due();
    report_.write([&](StandByReport& report) { report.copied = copy_.last_seq(); });
  }
  return {};
}

// The shared ledger is new, or its database has lost its newest facts: this copy has them.
Status StandBy::give_back(const Head& shared) {
  log::warning("ledger", fmt::format("the shared ledger ends at fact {}; facts {} to {} are written into it from here",
                                     shared.last, shared.last + 1, copy_.last_seq()));
  Head before = shared;
  while (before.last < copy_.last_seq()) {
    const std::vector<KeptFact> facts = TRY(copy_.read_kept(before.last + 1, kFactsAtOnce, kBytesAtOnce));
    if (facts.empty()) return fail(ErrorCode::kCorrupt, "this node's ledger ends before its last fact");
    if (!TRY(store_.append(lease_.tenure(), before, facts))) {
      return fail(ErrorCode::kUnavailable, "the lease ran out while facts were written into the shared ledger");
    }
    before = {facts.back().seq, facts.back().chain};
    lease_.renew_when_due();
  }
  return {};
}

}  // namespace capstan::ledger
