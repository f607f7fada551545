// Answers explanation's questions from the catalog and the ledger as they are at the start of a round.
#pragma once

#include "catalog/catalog_reader.h"
#include "explain/world.h"
#include "ledger/ledger.h"

namespace capstan::loop {

class WorldView final : public explain::World {
 public:
  WorldView(Time now, const SignalSource& signals, catalog::CatalogReader reader, const ledger::Ledger& ledger,
            const Manual* manual)
      : now_(now), signals_(signals), reader_(std::move(reader)), ledger_(ledger), manual_(manual) {}

  Time now() const override { return now_; }
  const SignalSource& signals() const override { return signals_; }
  std::optional<Resource> resource(std::string_view id) const override;
  std::vector<Relation> relations_of(std::string_view id) const override;
  std::vector<Fact> changes_near(std::string_view id, Time from, Time to) const override;
  const Manual* manual() const override { return manual_; }

 private:
  Time now_;
  const SignalSource& signals_;
  catalog::CatalogReader reader_;
  const ledger::Ledger& ledger_;
  const Manual* manual_;
};

}  // namespace capstan::loop
