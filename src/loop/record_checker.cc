#include "loop/record_checker.h"

#include <fmt/format.h>

#include "catalog/sql_fragment.h"

namespace capstan::loop {

Result<RecordChecker> RecordChecker::open(const RecordForm& form, const KindSpec& kind) {
  RecordChecker checker(TRY(sqlite::Database::open_memory()));
  std::string columns = "? AS name";
  for (const KindSpec::Column& column : kind.columns) {
    columns += fmt::format(", ? AS {}", column.name);
    checker.columns_.push_back(column.name);
  }
  for (const RecordForm::Check& check : form.checks) {
    const Status whole = catalog::check_fragment(check.that);
    if (!whole)
      return fail(ErrorCode::kInvalidArgument, fmt::format("check '{}': {}", check.that, whole.error().message),
                  form.at);
    auto statement = checker.database_.prepare(fmt::format("SELECT ({}) FROM (SELECT {})", check.that, columns));
    if (!statement)
      return fail(ErrorCode::kInvalidArgument, fmt::format("check '{}': {}", check.that, statement.error().message),
                  form.at);
    checker.statements_.push_back(std::move(*statement));
  }
  return checker;
}

Result<bool> RecordChecker::holds(size_t check, const Resource& record) {
  sqlite::Statement& statement = statements_[check];
  statement.bind(1, record.name);
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Json& value = record.fields[columns_[i]];
    const int index = static_cast<int>(i) + 2;
    if (value.is_null())
      statement.bind(index, nullptr);
    else if (value.is_int())
      statement.bind(index, value.int_or(0));
    else if (value.is_number())
      statement.bind(index, value.number_or(0));
    else
      statement.bind(index, value.is_string() ? value.string_or_empty() : value.dump());
  }
  const bool row = TRY(statement.step());
  const bool holds = row && statement.integer(0) != 0;
  statement.reset();
  return holds;
}

}  // namespace capstan::loop
