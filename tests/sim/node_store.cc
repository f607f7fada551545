#include "sim/node_store.h"

namespace capstan::sim {

Result<std::optional<ledger::Tenure>> NodeStore::acquire(const ledger::Candidate& candidate, Duration length) {
  return ask("acquire", [&] {
    auto tenure = inner_.acquire(candidate, length);
    hooks_.asked_for_lead(tenure->has_value());
    return tenure;
  });
}

Result<bool> NodeStore::append(const ledger::Tenure& tenure, const ledger::Head& before,
                               std::span<const ledger::KeptFact> facts) {
  bool taken = false;
  const auto answer = ask("append", [&] {
    const size_t known = shared_.facts.size();
    auto appended = inner_.append(tenure, before, facts);
    taken = shared_.facts.size() > known;
    if (taken) hooks_.written(std::span(shared_.facts).subspan(known));
    return appended;
  });
  if (answer && *answer && doubt_ == Doubt::kDidNotArrive)
    hooks_.recovered("facts that did not arrive are written again");
  doubt_ = answer ? Doubt::kNone : taken ? Doubt::kArrived : Doubt::kDidNotArrive;
  return answer;
}

}  // namespace capstan::sim
