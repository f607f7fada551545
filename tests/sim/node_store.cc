#include "sim/node_store.h"

namespace capstan::sim {

Result<std::optional<ledger::Tenure>> NodeStore::acquire(const ledger::Candidate& candidate, Duration length) {
  return ask("acquire", [&] {
    auto tenure = inner_.acquire(candidate, length);
    if (tenure && *tenure) hooks_.acquired();
    return tenure;
  });
}

Result<bool> NodeStore::append(const ledger::Tenure& tenure, const ledger::Head& before,
                               std::span<const ledger::KeptFact> facts) {
  return ask("append", [&] {
    const size_t known = shared_.facts.size();
    auto taken = inner_.append(tenure, before, facts);
    if (shared_.facts.size() > known) hooks_.written(std::span(shared_.facts).subspan(known));
    return taken;
  });
}

}  // namespace capstan::sim
