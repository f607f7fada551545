// What Capstan knows to exist, and how it came to be so: resources, relations, findings, incidents, plans and messages
// as tables that SQL can ask. A projection of the ledger: it can be deleted and is built again.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/catalog_reader.h"
#include "catalog/resource_packer.h"
#include "model/fact.h"
#include "model/resource.h"

namespace capstan::catalog {

struct CatalogOptions {
  size_t max_resources = 1'000'000;
  size_t readers = 8;  // Connections kept for readers.
  int64_t cache_bytes = 32 << 20;
};

// What a look brought that the catalog did not know.
struct Difference {
  std::vector<NewFact> facts;   // To be appended to the ledger, then applied.
  std::vector<Error> problems;  // What could not be taken: a kind that no pack declares, a resource without an id.
};

// Written by one thread (the loop); `reader` may be called from any.
class Catalog {
 public:
  // Opens or creates the file. After a change of its layout it starts empty, at seq 0; after a change of the kinds
  // their tables are made anew from what is known. The caller then applies the ledger from `seq() + 1` on.
  static Result<std::unique_ptr<Catalog>> open(const std::filesystem::path& path, std::vector<KindSpec> kinds,
                                               const CatalogOptions& options = {});
  ~Catalog();

  // The last fact that is in the tables.
  Seq seq() const;
  const std::vector<KindSpec>& kinds() const;
  // The same for any thread.
  std::shared_ptr<const std::vector<KindSpec>> shared_kinds() const;
  const std::filesystem::path& path() const;

  // Takes other kinds while running (a pack was edited). On an error the old ones stay.
  Status set_kinds(std::vector<KindSpec> kinds);

  // Empties it, back to seq 0, as after a change of the layout: where the ledger is not the one that it was built from.
  Status start_anew();

  // Brings the tables up to the facts, all or nothing, in one commit. Facts it has already seen are skipped; a gap is
  // kFailedPrecondition. Facts whose kind it does not know change nothing.
  Status apply(std::span<const Fact> facts);

  // Compares a look with what is known. Pure: changes nothing, so the facts must be appended and applied before the
  // next look of the same scope is compared.
  Difference diff(const Observation& observation) const;

  // Writes the volatile columns of resources that are known, in place, without facts or history; others are skipped.
  Status update_volatile(std::span<const Resource> resources);

  // What lasts of a resource as it is now, and of all, for the writing thread; nothing where it is not known.
  std::optional<KeptResource> find(const ResourceId& id) const;
  std::vector<KeptResource> all() const;

  // Forgets the history (never the present) that ended before `before`; the ledger still has it.
  Status forget_history(Time before);

  // Copies the write-ahead log into the file; the loop calls it after each batch and says whether more waits. Cheap
  // when there is little to do.
  Status maintain(bool is_busy);

  // A consistent view of this moment. Thread-safe. Keep it for a request, not for long: it holds up checkpoints.
  Result<CatalogReader> reader() const;

 private:
  class State;
  explicit Catalog(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace capstan::catalog
