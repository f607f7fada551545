// Asks a form's conditions of single records.
#pragma once

#include <string>
#include <vector>

#include "base/sqlite.h"
#include "loop/record_form.h"

namespace capstan::loop {

// Owned by one thread.
class RecordChecker {
 public:
  // kInvalidArgument for a condition that is no SQL over the kind's columns.
  static Result<RecordChecker> open(const RecordForm& form, const KindSpec& kind);

  // Whether the form's condition of that index is so.
  Result<bool> holds(size_t check, const Resource& record);

 private:
  explicit RecordChecker(sqlite::Database database) : database_(std::move(database)) {}
  sqlite::Database database_;
  std::vector<std::string> columns_;
  std::vector<sqlite::Statement> statements_;
};

}  // namespace capstan::loop
