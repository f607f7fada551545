#include "ledger/name_table.h"

#include <fmt/format.h>

namespace capstan::ledger {
namespace {

constexpr size_t kMostNames = 100'000;

}  // namespace

Result<NameTable> NameTable::load(sqlite::Database& database) {
  NameTable table(TRY(database.prepare("INSERT INTO name(id, text) VALUES(?1, ?2)")));
  sqlite::Statement select = TRY(database.prepare("SELECT id, text FROM name"));
  while (TRY(select.step())) table.numbers_.emplace(select.text(1), select.integer(0));
  return table;
}

Result<int64_t> NameTable::number_of(std::string_view name) {
  if (const auto found = numbers_.find(name); found != numbers_.end()) return found->second;
  if (numbers_.size() >= kMostNames) {
    return fail(
        ErrorCode::kResourceExhausted,
        fmt::format("more than {} different kinds and actors in the ledger; '{}' is not taken", kMostNames, name));
  }
  const auto number = static_cast<int64_t>(numbers_.size()) + 1;
  TRY(insert_.with(number, name).run());
  numbers_.emplace(name, number);
  new_names_.emplace_back(name);
  return number;
}

void NameTable::forget_new() {
  for (const std::string& name : new_names_) numbers_.erase(name);
  new_names_.clear();
}

}  // namespace capstan::ledger
