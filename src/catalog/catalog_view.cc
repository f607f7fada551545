#include "catalog/catalog_view.h"

#include <algorithm>

#include "catalog/schema.h"
#include "catalog/version_packer.h"

namespace capstan::catalog {

void ReaderPool::set_kinds(std::shared_ptr<const std::vector<KindSpec>> kinds) {
  std::lock_guard lock(mutex_);
  kinds_ = std::move(kinds);
}

std::shared_ptr<const std::vector<KindSpec>> ReaderPool::kinds() const {
  std::lock_guard lock(mutex_);
  return kinds_;
}

Result<std::unique_ptr<ReaderPool::Connection>> ReaderPool::borrow() {
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Connection> connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  auto connection =
      std::make_unique<Connection>(Connection{.database = TRY(sqlite::Database::open_reader(path_)), .statements = {}});
  TRY(install_history(connection->database));
  return connection;
}

void ReaderPool::give_back(std::unique_ptr<Connection> connection) {
  std::lock_guard lock(mutex_);
  if (idle_.size() < limit_) idle_.push_back(std::move(connection));
}

Result<std::unique_ptr<CatalogReader::View>> CatalogReader::View::open(std::shared_ptr<ReaderPool> pool) {
  std::unique_ptr<View> view(new View(std::move(pool)));
  view->connection_ = TRY(view->pool_->borrow());
  TRY(view->begin());
  return view;
}

Status CatalogReader::View::begin() {
  // The kinds may change between asking for them and the view; then both are asked for again.
  constexpr int kTries = 5;
  for (int i = 0; i < kTries; ++i) {
    kinds_ = pool_->kinds();
    transaction_.reset();
    transaction_.emplace(TRY(sqlite::Transaction::begin_read(connection_->database)));
    sqlite::Statement* meta = TRY(query("SELECT key, value FROM capstan_meta WHERE key IN ('seq', 'kinds')"));
    std::string shown;
    while (TRY(meta->step())) {
      if (meta->text(0) == "seq") seq_ = static_cast<Seq>(meta->integer(1));
      if (meta->text(0) == "kinds") shown = meta->text(1);
    }
    if (shown == fingerprint(*kinds_)) return {};
  }
  return fail(ErrorCode::kUnavailable, "the kinds of the catalog are changing; try again");
}

CatalogReader::View::~View() {
  transaction_.reset();
  if (connection_) pool_->give_back(std::move(connection_));
}

const KindSpec* CatalogReader::View::spec_of(std::string_view kind) const {
  const auto spec = std::ranges::find(*kinds_, kind, &KindSpec::name);
  return spec == kinds_->end() ? nullptr : &*spec;
}

}  // namespace capstan::catalog
