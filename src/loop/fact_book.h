// The one way in which facts come about: appended to the ledger, applied to the catalog, announced to who listens.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "catalog/catalog.h"
#include "ledger/ledger.h"
#include "model/fact_sink.h"

namespace capstan::loop {

// Owned by the loop's thread; only `subscribe` may be called by others.
class FactBook final : public FactSink {
 public:
  using Listener = std::function<void(std::string_view topic, Seq seq)>;

  FactBook(ledger::Ledger& ledger, catalog::Catalog& catalog) : ledger_(ledger), catalog_(catalog) {}

  // Brings the catalog up to the ledger: at start, and after the catalog could not be written.
  Status catch_up();

  Result<std::vector<Seq>> append(std::span<const NewFact> facts) override;
  Result<Seq> append_one(NewFact fact);
  // The number that the first fact of the next `append` will get: a cause for the others of its batch.
  Seq next_seq() const { return ledger_.next_seq(); }

  // Whether the catalog has all that was written down: after it could not be written it may take a while.
  bool is_in_step() const { return catalog_.seq() == ledger_.last_seq(); }

  // Takes secrets out of what the outside has said, before it becomes a fact; set before anything is written.
  void set_mask(std::function<std::string(std::string_view)> mask) { mask_ = std::move(mask); }
  // The same for what is shown before, or without, a fact of it.
  void mask(Words& words) const;
  void mask(Json& value) const;

  // Called with every fact that was written, in order, on the loop's thread; must not append.
  void observe(std::function<void(const Fact&)> observer) { observers_.push_back(std::move(observer)); }

  // Tells the listeners which topics have changed since the last call. Once a batch.
  void announce();

  // The listener is called from the loop's thread until the handle is dropped.
  std::shared_ptr<void> subscribe(Listener listener);

 private:
  struct Listeners {
    int next = 0;
    std::map<int, Listener> all;
  };

  ledger::Ledger& ledger_;
  catalog::Catalog& catalog_;
  std::vector<std::function<void(const Fact&)>> observers_;
  std::set<std::string_view> changed_topics_;
  std::function<std::string(std::string_view)> mask_;
  std::shared_ptr<Guarded<Listeners>> listeners_ = std::make_shared<Guarded<Listeners>>();
};

// The topic that a kind of fact changes: "incidents" for incident.opened.
std::string_view topic_of(std::string_view fact_kind);

}  // namespace capstan::loop
