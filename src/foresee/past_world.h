// The tables that a policy's SQL reads, as they were at one moment after the other: filled by whoever walks through the
// past. What no history is kept of is not there, and a question for it is an error.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/sqlite.h"
#include "catalog/relation_index.h"
#include "catalog/relation_table.h"
#include "catalog/sql_functions.h"
#include "catalog/sql_question.h"
#include "foresee/past.h"
#include "model/resource_source.h"
#include "model/table.h"

namespace capstan::foresee {

// Owned by one thread.
class PastWorld final : public SqlSource, public ResourceSource {
 public:
  // `past` outlives it.
  static Result<std::unique_ptr<PastWorld>> create(const Past& past, const PolicyReads& reads);

  void put(const PastKind& kind, const ResourceId& id, SharedRow row);
  void remove(const ResourceId& id);
  bool has(const ResourceId& id) const { return known_.contains(id); }
  // nullptr where it is not there. Valid until it changes.
  const ResourceLabels* labels_of(const ResourceId& id) const;
  void put_relation(const Relation& relation);
  void remove_relation(const Relation& relation);

  // Brings the tables up to what was put: all of it or, where each resource is judged by itself, only these.
  Status show_all();
  Status show_only(const std::vector<ResourceId>& ids);
  // At least this one, whichever of the two was asked for last.
  Status show(const ResourceId& id) { return shows_all_ ? show_all() : show_only({id}); }

  std::vector<ResourceId> of_kind(std::string_view kind) const;
  // From and to it.
  std::vector<Relation> relations_of(const ResourceId& id) const;
  // What it belongs to, directly or not, the nearest first; and what belongs to it.
  std::vector<ResourceId> owners_of(const ResourceId& id) const;
  std::vector<Resource> belongings_of(const ResourceId& id) const;

  Result<Table> query(std::string_view sql, Time at, const Options& options) const override;
  Status check(std::string_view sql) const override;
  Result<std::optional<Resource>> find(const ResourceId& id) const override;

 private:
  struct Known {
    const PastKind* kind = nullptr;
    SharedRow row;
  };
  struct Prepared {
    catalog::SqlQuestion question;
    std::optional<sqlite::Statement> statement;  // Nothing where table functions are called: prepared each time.
  };
  PastWorld(sqlite::Database database, const Past& past, const PolicyReads& reads)
      : past_(past), reads_(reads), database_(std::move(database)) {}
  Status prepare();
  Status insert(const ResourceId& id);
  Status erase(const ResourceId& id, const PastKind& kind);
  Result<Prepared*> prepared(std::string_view sql, Time at) const;
  Status fill_calls(const catalog::SqlQuestion& question, Time at) const;
  Result<sqlite::Statement> prepare_with_calls(const catalog::SqlQuestion& question) const;
  template <class... Values>
  Status run(std::string_view sql, const Values&... values) {
    return TRY(statements_.get(database_, sql))->with(values...).run();
  }

  const Past& past_;
  const PolicyReads reads_;
  std::unique_ptr<catalog::SqlFunctions> functions_;  // Outlives the connection, as the next two do.
  catalog::RelationIndex relations_;
  catalog::RelationTable relation_table_{relations_};
  mutable sqlite::Database database_;
  sqlite::StatementCache statements_;
  mutable std::map<std::string, Prepared, std::less<>> prepared_;
  std::unordered_map<ResourceId, Known> known_;
  std::unordered_map<ResourceId, const PastKind*> shown_;  // In the tables, and there as they are known,
  std::set<ResourceId> changed_;                           // but for these.
  bool shows_all_ = false;
};

}  // namespace capstan::foresee
