#include "sim/tally.h"

#include <fmt/format.h>

#include <array>

namespace capstan::sim {
namespace {

constexpr auto kFaults = std::to_array<std::string_view>({
    "fault: refused",
    "fault: refused, but done",
    "fault: no answer, not done",
    "fault: no answer, but done",
    "fault: no answer, and done later",
    "fault: a false answer",
    "fault: the counterpart cannot be reached before an action",
    "fault: the counterpart cannot be reached for an action",
    "fault: neither catalog nor metrics answer",
    "fault: an answer comes twice",
    "fault: an answer comes late",
    "fault: the clock is set forward",
    "fault: the clock is set back",
    "fault: changed between plan and run: its state",
    "fault: changed between plan and run: it became sensitive",
    "fault: changed between plan and run: it left the selection",
    "fault: changed between plan and run: it is gone",
    "fault: a probe that cannot tell",
    "fault: the disk is full",
    "fault: the ledger's disk is full",
    "fault: the ledger's disk fails to write",
    "fault: the power is cut while the ledger is written",
    "fault: a sector is lost",
    "fault: a sector is torn",
    "fault: restart",
    "fault: restart, and what was under way happened",
    "fault: restart, and what was under way was lost",
    "fault: death before plan.proposed",
    "fault: death after plan.proposed",
    "fault: death before plan.approved",
    "fault: death after plan.approved",
    "fault: death before action.intended",
    "fault: death after action.intended",
    "fault: death before action.finished",
    "fault: death after action.finished",
    "fault: death before plan.finished",
    "fault: death after plan.finished",
    "fault: death at state_before",
    "fault: death at perform",
    "fault: death at probe",
    "fault: death at undo",
    "fault: death at look",
    "fault: death at request",
    // A service behind HTTP.
    "fault: no connection to a service",
    "fault: a service refuses",
    "fault: a service is too busy",
    "fault: a service fails, not done",
    "fault: a service fails, but done",
    "fault: no answer of a service, not done",
    "fault: no answer of a service, but done",
    "fault: a false answer of a service",
    "fault: half an answer of a service",
    "fault: a service is too busy for a look",
    "fault: a service fails at a look",
    "fault: a service forgets its sessions",
    "fault: a request arrives twice",
    "fault: a node is frozen before it hears a service's answer",
    // Two nodes that share a ledger.
    "fault: two nodes start at once",
    "fault: a node is frozen between two steps",
    "fault: a node is frozen while it looks",
    "fault: a node is frozen before its request arrives",
    "fault: a node is frozen before it hears the answer",
    "fault: a node is frozen before its facts are written",
    "fault: a node is frozen before it asks for the lead",
    "fault: a frozen node is killed",
    "fault: a node is killed",
    "fault: a node loses its power",
    "fault: a node dies before the shared ledger has its facts",
    "fault: a node dies after the shared ledger has its facts",
    "fault: a node is cut off from the shared ledger",
    "fault: a node's clock is set",
    "fault: the shared ledger cannot be reached",
    "fault: the shared ledger answers late",
    "fault: an answer of the shared ledger is lost",
    "fault: a request to the shared ledger is lost",
    "fault: the shared ledger's clock is set forward",
    "fault: the shared ledger's clock is set back",
});

constexpr auto kRecoveries = std::to_array<std::string_view>({
    "recovery: cut off, and it was done",
    "recovery: cut off, and it was not done: its turn comes again",
    "recovery: cut off, harmless to repeat: its turn comes again",
    "recovery: cut off, and nobody can tell",
    "recovery: cut off while undoing, and it was undone",
    "recovery: cut off while undoing, and it was not undone: its turn comes again",
    "recovery: cut off while undoing, harmless to repeat: its turn comes again",
    "recovery: cut off while undoing, and nobody can tell",
    "recovery: a repetition finds its own effect",
    "recovery: a repetition finds what somebody did between two attempts",
    "recovery: no clear answer, and the outside shows that it was done",
    "recovery: no clear answer, and the outside shows that it was not done",
    "recovery: nobody can tell",
    "recovery: a false answer is found out",
    "recovery: undone",
    "recovery: nothing is left to be undone",
    "recovery: undoing had no effect",
    "recovery: nobody can tell whether it was undone",
    "recovery: skipped, the target is gone",
    "recovery: skipped, its precondition no longer holds",
    "recovery: skipped, what had to come before it failed",
    "recovery: a person says that it happened",
    "recovery: a person has it tried again",
    "recovery: a person leaves it at that",
    "recovery: facts that nobody was told of are there after all",
    "recovery: the ledger is opened again",
    "recovery: facts that nobody was told of are not there",
    "recovery: an outcome waits for room on the disk",
    "recovery: an intent that cannot be written touches nothing",
    "recovery: a plan stops because an action failed",
    "recovery: a plan stops because its check failed",
    "recovery: a plan is cancelled",
    "recovery: a plan is undone after its end",
    "recovery: a proposal expires",
    "recovery: a proposal is taken back",
    "recovery: given up, as its checks cannot be made",
    "recovery: a plan is undone because its alert is quiet",
    "recovery: a service knows a request again",
    "recovery: a node that leads no more starts anew",
    "recovery: a node that may not lead any more starts nothing",
    "recovery: a fact of a node that leads no more is refused",
    "recovery: what is under way is cancelled with the lead",
    "recovery: what does not end with the lead is ended with its process",
    "recovery: another node leads",
    "recovery: another node leads while an action is under way",
    "recovery: of two nodes that ask for the lead one gets it",
    "recovery: facts whose answer was lost are found in the shared ledger",
    "recovery: facts that did not arrive are written again",
    "recovery: a copy gets the facts that its node had not kept",
    "recovery: a node whose disk fails leads no more",
});

}  // namespace

std::span<const std::string_view> all_faults() { return kFaults; }
std::span<const std::string_view> all_recoveries() { return kRecoveries; }

void Tally::add(const Tally& other) {
  for (const auto& [what, count] : other.counts_) counts_[what] += count;
}

uint64_t Tally::of(std::string_view what) const {
  const auto found = counts_.find(what);
  return found == counts_.end() ? 0 : found->second;
}

std::vector<std::string> Tally::missing(std::span<const std::string_view> wanted) const {
  std::vector<std::string> never;
  for (std::string_view what : wanted) {
    if (of(what) == 0) never.emplace_back(what);
  }
  return never;
}

std::string Tally::table() const {
  std::string text;
  for (const auto& [what, count] : counts_) text += fmt::format("{:>10}  {}\n", count, what);
  return text;
}

}  // namespace capstan::sim
