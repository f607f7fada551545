// Kinds and actors by number: they repeat in every fact, and a number takes a byte or two.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/sqlite.h"

namespace capstan::ledger {

// Owned by the writer. A number given within a transaction counts only once the transaction is durable.
class NameTable {
 public:
  static Result<NameTable> load(sqlite::Database& database);

  // The number of a name, given now where it has none. kResourceExhausted above the limit: names are a small set of
  // kinds and actors, never made from outside data.
  Result<int64_t> number_of(std::string_view name);

  void keep_new() { new_names_.clear(); }
  void forget_new();

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };

  explicit NameTable(sqlite::Statement insert) : insert_(std::move(insert)) {}
  sqlite::Statement insert_;
  std::unordered_map<std::string, int64_t, Hash, std::equal_to<>> numbers_;
  std::vector<std::string> new_names_;
};

}  // namespace capstan::ledger
