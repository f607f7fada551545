#include "catalog/catalog.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/sqlite.h"
#include "catalog/catalog_view.h"
#include "catalog/difference.h"
#include "catalog/kind_table.h"
#include "catalog/known_world.h"
#include "catalog/pack_kinds.h"
#include "catalog/projection.h"
#include "catalog/schema.h"

namespace capstan::catalog {

class Catalog::State {
 public:
  State(sqlite::Database database_in, const CatalogOptions& options_in)
      : database(std::move(database_in)),
        options(options_in),
        pool(std::make_shared<ReaderPool>(database.path(), options_in.readers)) {}

  Status load() {
    world = TRY(KnownWorld::load(database));
    seq = static_cast<Seq>(TRY(database.integer_of("SELECT value FROM capstan_meta WHERE key = 'seq'")).value_or(0));
    return {};
  }

  Status take_kinds(std::vector<KindSpec> wanted) {
    for (const KindSpec& kind : wanted) TRY(check_kind(kind));
    std::ranges::sort(wanted, {}, &KindSpec::name);
    const auto twice = std::ranges::adjacent_find(wanted, {}, &KindSpec::name);
    if (twice != wanted.end()) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("the kind '{}' is declared twice", twice->name));
    }
    statements.clear();
    TRY(prepare_schema(database, wanted));
    kinds = std::make_shared<const std::vector<KindSpec>>(std::move(wanted));
    pool->set_kinds(kinds);
    return {};
  }

  Status start_anew() {
    statements.clear();
    TRY(database.execute("PRAGMA user_version = 0"));  // The layout of no version.
    TRY(prepare_schema(database, *kinds));
    return load();
  }

  Status apply(std::span<const Fact> facts) {
    sqlite::Transaction transaction = TRY(sqlite::Transaction::begin(database));
    Projection projection(database, statements, world, *kinds);
    for (const Fact& fact : facts) TRY(during(fmt::format("applying fact {}", fact.seq), projection.apply(fact)));
    sqlite::Statement* mark = TRY(statements.get(database, "UPDATE capstan_meta SET value = ?1 WHERE key = 'seq'"));
    TRY(mark->with(facts.back().seq).run());
    return transaction.commit();
  }

  sqlite::Database database;
  sqlite::StatementCache statements;
  const CatalogOptions options;
  std::shared_ptr<ReaderPool> pool;
  std::shared_ptr<const std::vector<KindSpec>> kinds;
  KnownWorld world;
  Seq seq = 0;
};

Catalog::Catalog(std::unique_ptr<State> state) : state_(std::move(state)) {}
Catalog::~Catalog() = default;

Result<std::unique_ptr<Catalog>> Catalog::open(const std::filesystem::path& path, std::vector<KindSpec> kinds,
                                               const CatalogOptions& options) {
  // What a power cut takes from the newest commits, the ledger gives again.
  sqlite::Database database = TRY(sqlite::Database::open_writer(
      path, {.durability = sqlite::Durability::kNormal, .cache_bytes = options.cache_bytes}));
  auto state = std::make_unique<State>(std::move(database), options);
  TRY(during(fmt::format("opening the catalog {}", path.string()), state->take_kinds(std::move(kinds))));
  TRY(during(fmt::format("opening the catalog {}", path.string()), state->load()));
  return std::unique_ptr<Catalog>(new Catalog(std::move(state)));
}

Seq Catalog::seq() const { return state_->seq; }
const std::vector<KindSpec>& Catalog::kinds() const { return *state_->kinds; }
std::shared_ptr<const std::vector<KindSpec>> Catalog::shared_kinds() const { return state_->pool->kinds(); }
const std::filesystem::path& Catalog::path() const { return state_->database.path(); }

Status Catalog::set_kinds(std::vector<KindSpec> kinds) { return state_->take_kinds(std::move(kinds)); }

Status Catalog::start_anew() { return state_->start_anew(); }

Status Catalog::apply(std::span<const Fact> facts) {
  const auto first = std::ranges::find_if(facts, [&](const Fact& fact) { return fact.seq > state_->seq; });
  const std::span<const Fact> fresh(first, facts.end());
  if (fresh.empty()) return {};
  Seq expected = state_->seq;
  for (const Fact& fact : fresh) {
    if (fact.seq == ++expected) continue;
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("the catalog is at fact {} and cannot take fact {} before fact {}", state_->seq, fact.seq,
                            expected));
  }
  Status applied = state_->apply(fresh);
  if (applied) {
    state_->seq = fresh.back().seq;
    return {};
  }
  // The tables are as before; the memory of them may not be.
  if (Status loaded = state_->load(); !loaded) return loaded;
  return applied;
}

std::optional<KeptResource> Catalog::find(const ResourceId& id) const { return state_->world.kept(id); }
std::vector<KeptResource> Catalog::all() const { return state_->world.kept(); }

Difference Catalog::diff(const Observation& observation) const {
  return difference(observation, state_->world, *state_->kinds, state_->options.max_resources);
}

Status Catalog::update_volatile(std::span<const Resource> resources) {
  sqlite::Transaction transaction = TRY(sqlite::Transaction::begin(state_->database));
  for (const KindSpec& kind : *state_->kinds) {
    const std::string sql = update_volatile_sql(kind);
    if (sql.empty()) continue;
    sqlite::Statement* update = TRY(state_->statements.get(state_->database, sql));
    for (const Resource& resource : resources) {
      if (resource.kind != kind.name) continue;
      int index = 0;
      for (const KindSpec::Column& column : kind.columns) {
        if (!column.is_volatile) continue;
        bind_column(*update, ++index, column, normalized(column, resource.fields[column.name]));
      }
      update->bind(++index, resource.id);
      TRY(update->run());
    }
  }
  return transaction.commit();
}

Status Catalog::forget_history(Time before) {
  sqlite::Transaction transaction = TRY(sqlite::Transaction::begin(state_->database));
  // What a version is packed against stays as long as that one.
  for (std::string_view sql :
       {"DELETE FROM resource_version WHERE valid_to < ?1 AND NOT EXISTS (SELECT 1 FROM resource_version later WHERE "
        "later.id = resource_version.id AND later.base = resource_version.seq AND later.valid_to >= ?1)",
        "DELETE FROM relation_history WHERE valid_to < ?1"}) {
    sqlite::Statement* statement = TRY(state_->statements.get(state_->database, sql));
    TRY(statement->with(format_time(before)).run());
  }
  return transaction.commit();
}

Status Catalog::maintain(bool is_busy) {
  constexpr int64_t kWorthCopying = 4 << 20;
  constexpr int64_t kMuch = 64 << 20;
  constexpr int64_t kTooMuch = 512 << 20;
  const int64_t bytes = state_->database.wal_bytes();
  if (bytes < (is_busy ? kMuch : kWorthCopying)) return {};
  // Readers that overlap without end keep the log from beginning anew: beyond a limit they are waited for.
  return bytes < kTooMuch ? state_->database.checkpoint() : state_->database.checkpoint_and_truncate();
}

Result<CatalogReader> Catalog::reader() const { return CatalogReader(TRY(CatalogReader::View::open(state_->pool))); }

}  // namespace capstan::catalog
