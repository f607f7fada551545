// Brings the tables, and the memory of them, up to facts. What each kind of fact carries: docs/reference/facts.md.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "base/sqlite.h"
#include "catalog/known_world.h"
#include "catalog/version_packer.h"
#include "model/fact.h"
#include "model/resource.h"

namespace capstan::catalog {

// Used within one writing transaction. A fact that contradicts what is known (a change of an unknown resource, a body
// that was redacted) changes as much as still makes sense, and is never an error: the ledger is what happened.
class Projection {
 public:
  Projection(sqlite::Database& database, sqlite::StatementCache& statements, KnownWorld& world,
             const std::vector<KindSpec>& kinds)
      : database_(database), statements_(statements), world_(world), kinds_(kinds) {}

  Status apply(const Fact& fact);

 private:
  // Runs a cached statement with these parameters.
  template <class... Values>
  Status run(std::string_view sql, const Values&... values) {
    sqlite::Statement* statement = TRY(statements_.get(database_, sql));
    return statement->with(values...).run();
  }
  const KindSpec* spec_of(const std::string& kind) const;

  Status apply_resource(const Fact& fact);
  Status appeared(const Fact& fact);
  Status changed(const Fact& fact);
  Status gone(const Fact& fact);
  // What a resource was.
  struct Before {
    const ResourceLabels& labels;
    const Json& fields;
  };
  // `fields` are the thing's, as they were before they became text; there is no `before` of a new one.
  Status write_resource(const Fact& fact, const KnownWorld::Thing& thing, Json fields,
                        const std::optional<Before>& before);
  // `before` are the fields that it had, nullptr for a new one.
  Status write_typed(const Resource& resource, const Json* before);
  // `fields` are what they were.
  Status close_version(const ResourceId& id, const std::string& at, const std::string& fields);
  Status relation_appeared(const Fact& fact);
  Status relation_gone(const Fact& fact);

  Status apply_work(const Fact& fact);
  Status finding_holds(const Fact& fact);
  Status finding_muted(const Fact& fact);
  Status finding_unmuted(const Fact& fact);
  Status incident_is(const Fact& fact);
  Status plan_proposed(const Fact& fact);
  Status plan_decided(const Fact& fact, std::string_view state);
  Status plan_finished(const Fact& fact);
  Status action_intended(const Fact& fact);
  Status action_ended(const Fact& fact);
  Status message_queued(const Fact& fact);
  Status message_ended(const Fact& fact);
  Status config_read(const Fact& fact);
  Status control_set(const Fact& fact, std::string_view name, std::string_view value);

  sqlite::Database& database_;
  sqlite::StatementCache& statements_;
  KnownWorld& world_;
  const std::vector<KindSpec>& kinds_;
  VersionPacker packer_;
};

}  // namespace capstan::catalog
