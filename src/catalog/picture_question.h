// A question in SQL that is asked of a picture again and again: prepared once, read only, and stopped where it is
// endless.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sqlite.h"
#include "catalog/picture.h"
#include "model/table.h"

namespace capstan::catalog {

// Lives no longer than its picture; not thread-safe.
class PictureQuestion {
 public:
  // kInvalidArgument for what is no single SELECT, kPermissionDenied for functions that are not pure. It may read the
  // picture's tables of ids, too.
  static Result<PictureQuestion> prepare(Picture& picture, std::string_view sql);

  // The tables of the picture that it reads.
  const std::set<std::string>& tables() const { return tables_; }

  // The kinds of relations that it looks at.
  const RelationTable::Reads& relations() const { return relations_; }

  // kResourceExhausted for more than `most_rows` rows or where it takes more than a limit of steps, which is the same
  // on every machine.
  Result<Table> ask(size_t most_rows = 100'000);

 private:
  PictureQuestion(Picture& picture, sqlite::Statement statement)
      : picture_(&picture), statement_(std::move(statement)) {}
  Result<Table> read(size_t most_rows);

  Picture* picture_;
  sqlite::Statement statement_;
  std::set<std::string> tables_;
  RelationTable::Reads relations_;
};

}  // namespace capstan::catalog
