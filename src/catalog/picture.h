// The catalog's present as a picture in memory: the same tables, with relations derived the moment a resource changes,
// and with trials that leave no trace. Rules run on it, live and for a change that is not made yet.
//
// Tables: one a kind and one a kind of parts, as in the catalog; resource(id, kind, name), label(resource, name, value)
// and relation(source, kind, target). What is named by a relation need not exist.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "base/sqlite.h"
#include "catalog/references.h"
#include "catalog/relation_index.h"
#include "catalog/relation_spec.h"
#include "catalog/relation_table.h"
#include "catalog/resource_packer.h"
#include "catalog/selector_index.h"
#include "catalog/sql_functions.h"
#include "model/resource.h"

namespace capstan::catalog {

struct RelationChange {
  Relation relation;
  bool is_new = true;

  bool operator==(const RelationChange&) const = default;
};

// What was put or removed since this was last asked for, and what followed from it.
struct PictureChanges {
  std::vector<ResourceId> resources;  // Each once, in the order of the first change.
  std::vector<RelationChange> relations;
  // Those of resources and their parts in which rows changed, and `objects_of(kind)` where anything in one did.
  std::set<std::string, std::less<>> tables;

  static std::string objects_of(std::string_view kind);
};

// Not thread-safe.
class Picture {
 public:
  // Relations in SQL are not derived here: who has them puts them.
  static Result<std::unique_ptr<Picture>> create(std::vector<KindSpec> kinds, std::vector<RelationSpec> relations);
  ~Picture();

  // New or changed. kInvalidArgument for a kind that is not declared.
  Status put(const Resource& resource);
  // The same of one that is kept elsewhere, too.
  Status put(const KeptResource& resource);
  // Nothing happens where it is not known.
  Status remove(const ResourceId& id);
  // Relations that are declared by a counterpart or derived elsewhere.
  void put_relation(const Relation& relation);
  void remove_relation(const Relation& relation);

  PictureChanges take_changes();

  // Between these two a change costs far less where many come together.
  Status begin_batch();
  Status end_batch();

  // Between these two everything that is put or removed is on trial; the end takes it back, and forgets the changes.
  Status begin_trial();
  Status end_trial();

  std::optional<Resource> find(const ResourceId& id) const;
  size_t size() const { return known_.size(); }
  // From and to it, sorted.
  std::vector<Relation> relations_of(const ResourceId& id) const;
  const std::vector<KindSpec>& kinds() const { return kinds_; }

  // For questions (catalog/picture_question.h) to be prepared on.
  sqlite::Database& database() { return database_; }
  RelationTable& relation_table() { return relation_table_; }
  // What is within so many relation steps of these resources, they included.
  std::vector<ResourceId> around(std::vector<ResourceId> ids, int steps) const;
  // The resources of a kind that share cluster and namespace with one of these; those of the cluster for one without a
  // namespace.
  Result<std::vector<ResourceId>> beside(const std::vector<ResourceId>& ids, const std::string& kind);
  // The name of a table of ids that questions can read; made when it is first asked for. One for each number.
  Result<std::string> id_table(size_t number);
  Status fill_id_table(size_t number, const std::vector<ResourceId>& ids);
  // A hash over all that is in it, for tests: equal pictures give equal hashes.
  Result<std::string> content_hash();

 private:
  struct Known {
    const KindSpec* kind = nullptr;
    PackedResource packed;
  };
  struct Selection {
    const RelationSpec* spec = nullptr;
    std::map<std::string, std::vector<JsonPath>, std::less<>> sources;  // By kind.
  };
  // Those that select from the same resources; each is a sort of the index's sources.
  struct Selections {
    std::vector<std::string> to;
    bool is_everywhere = false;
    SelectorIndex index;
    std::vector<Selection> all;
  };
  struct Undo {
    ResourceId id;
    std::optional<Known> before;
  };
  struct Trial {
    std::vector<Undo> resources;
    std::vector<RelationChange> relations;
  };

  void add_selection(const RelationSpec& spec);
  Picture(sqlite::Database database, std::vector<KindSpec> kinds, std::vector<RelationSpec> relations);
  Status prepare();
  template <class... Values>
  Status run(std::string_view sql, const Values&... values) {
    sqlite::Statement* statement = TRY(statements_.get(database_, sql));
    return statement->with(values...).run();
  }
  const KindSpec* spec_of(std::string_view kind) const;
  Resource to_resource(const ResourceId& id, std::string_view kind, const PackedResource& packed) const;
  Resource to_resource(const ResourceId& id, const Known& known) const {
    return to_resource(id, known.kind->name, known.packed);
  }
  // `given` is nullptr where it is not at hand.
  Status put(const ResourceId& id, std::string_view kind, PackedResource packed, const Resource* given);

  // Each in which something changes is noted. `before` is nullptr for a new one.
  Status write_rows(const Resource& resource, const KindSpec& spec, const Resource* before);
  Status write_own_row(const Resource& resource, const KindSpec& spec, bool is_new);
  Status remove_rows(const ResourceId& id, const KindSpec& spec);
  bool has_same_columns(const Resource& before, const Resource& after, const KindSpec& spec) const;
  // The rest follows from what a resource was and is; either may be nothing.
  void follow_references(const Resource* before, const Resource* after);
  void follow_selections(const Resource* before, const Resource* after);
  void index_selections(Selections& selections, const Resource* before, const Resource* after,
                        std::vector<SelectorIndex::Pair>& pairs) const;
  void change_relation(Relation relation, bool is_new);
  std::string place_of(const Resource& resource, bool everywhere) const;
  void note_table(std::string_view name);
  void note_change(const ResourceId& id, const KindSpec& spec);

  std::vector<KindSpec> kinds_;
  std::vector<RelationSpec> relations_;
  std::unique_ptr<SqlFunctions> functions_;  // Outlives the connection, as the next does.
  RelationIndex relations_now_;
  RelationTable relation_table_{relations_now_};
  sqlite::Database database_;
  sqlite::StatementCache statements_;
  References references_;
  std::vector<Selections> selections_;
  ResourcePacker packer_;
  std::unordered_map<ResourceId, Known> known_;
  std::unordered_map<std::string_view, const KindSpec*> specs_;
  PictureChanges changes_;
  std::unordered_set<ResourceId> changed_;  // Those in `changes_`.
  std::optional<Trial> trial_;
};

}  // namespace capstan::catalog
