// The connection behind a reader, lent from a pool.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "base/sqlite.h"
#include "catalog/catalog_reader.h"
#include "model/resource.h"

namespace capstan::catalog {

// What readers share with the writer. Thread-safe.
class ReaderPool {
 public:
  struct Connection {
    sqlite::Database database;
    sqlite::StatementCache statements;
  };

  ReaderPool(std::filesystem::path path, size_t limit) : path_(std::move(path)), limit_(limit) {}

  void set_kinds(std::shared_ptr<const std::vector<KindSpec>> kinds);
  std::shared_ptr<const std::vector<KindSpec>> kinds() const;
  Result<std::unique_ptr<Connection>> borrow();
  void give_back(std::unique_ptr<Connection> connection);

 private:
  const std::filesystem::path path_;
  const size_t limit_;
  mutable std::mutex mutex_;
  std::shared_ptr<const std::vector<KindSpec>> kinds_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

// One read transaction. The kinds are those its tables were made from.
class CatalogReader::View {
 public:
  static Result<std::unique_ptr<View>> open(std::shared_ptr<ReaderPool> pool);
  ~View();

  Seq seq() const { return seq_; }
  const std::vector<KindSpec>& kinds() const { return *kinds_; }
  const KindSpec* spec_of(std::string_view kind) const;

  // A cached statement with these parameters, ready to be stepped.
  template <class... Values>
  Result<sqlite::Statement*> query(std::string_view sql, const Values&... values) {
    sqlite::Statement* statement = TRY(connection_->statements.get(connection_->database, sql));
    statement->with(values...);
    return statement;
  }

 private:
  explicit View(std::shared_ptr<ReaderPool> pool) : pool_(std::move(pool)) {}
  Status begin();

  std::shared_ptr<ReaderPool> pool_;
  std::unique_ptr<ReaderPool::Connection> connection_;
  std::optional<sqlite::Transaction> transaction_;
  std::shared_ptr<const std::vector<KindSpec>> kinds_;
  Seq seq_ = 0;
};

}  // namespace capstan::catalog
