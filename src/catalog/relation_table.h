// The relations of an index as a table of a database: relation(source, kind, target), for questions only.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/sqlite.h"
#include "catalog/relation_index.h"

namespace capstan::catalog {

// Outlives the connection, and the index outlives it; the index does not change while a question is being answered.
class RelationTable {
 public:
  explicit RelationTable(const RelationIndex& index) : index_(index) {}

  Status create(sqlite::Database& database);

  // The kinds of relations that a statement looks at, as far as it names them.
  struct Reads {
    bool are_all = false;
    std::set<std::string> kinds;
  };
  // Of what was prepared since this was last asked for.
  Reads take_reads() { return std::exchange(reads_, {}); }

  const RelationIndex& index() const { return index_; }
  Reads& reads() { return reads_; }

 private:
  const RelationIndex& index_;
  Reads reads_;
};

}  // namespace capstan::catalog
