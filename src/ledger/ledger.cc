#include "ledger/ledger.h"

#include <fmt/format.h>

#include "base/log.h"
#include "ledger/ledger_state.h"

namespace capstan::ledger {

Result<std::unique_ptr<Ledger::State>> Ledger::State::open(const std::filesystem::path& path,
                                                           const LedgerOptions& options, const Clock& clock,
                                                           Random& random) {
  sqlite::Database database =
      TRY(sqlite::Database::open_writer(path, {.cache_bytes = options.cache_bytes, .max_bytes = options.max_bytes}));
  TRY(prepare_schema(database));
  const auto is_copy = TRY(database.integer_of("SELECT count(*) FROM sqlite_schema WHERE name = 'shared_copy'"));
  if (is_copy.value_or(0) > 0 && !options.copies) {
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("{} is this node's copy of a ledger that several nodes share: facts of its own would part "
                            "it from theirs. Run Capstan with --ledger-url, and give commands while it runs",
                            path.string()));
  }
  // What a process left in the log that was killed before it had synced it is there to be read, but not durable yet,
  // and nothing may be believed that a power cut can still take away. A checkpoint syncs the log before it needs any
  // room.
  if (Status copied = database.checkpoint(); !copied && copied.error().code != ErrorCode::kResourceExhausted)
    return during(fmt::format("opening the ledger {}", path.string()),
                  Result<std::unique_ptr<State>>(fail(copied.error())));
  std::unique_ptr<State> state(new State(std::move(database), options, clock, random));
  TRY(during(fmt::format("opening the ledger {}", path.string()), state->load()));
  return state;
}

Status Ledger::State::load() {
  names_ = TRY(NameTable::load(database_));
  insert_fact_ =
      TRY(database_.prepare("INSERT INTO fact(seq, at, kind, cause, actor, subject, body_hash, chain) VALUES(?1, ?2, "
                            "?3, ?4, ?5, ?6, ?7, ?8)"));
  insert_body_ = TRY(database_.prepare("INSERT INTO body(seq, salt, body) VALUES(?1, ?2, ?3)"));
  sqlite::Statement newest = TRY(database_.prepare("SELECT seq, chain FROM fact ORDER BY seq DESC LIMIT 1"));
  if (TRY(newest.step())) {
    last_seq_ = static_cast<Seq>(newest.integer(0));
    chain_ = TRY(hash_of(newest.blob(1)));
  }
  newest.reset();
  const auto sealed = static_cast<Seq>(TRY(database_.integer_of("SELECT max(last) FROM segment")).value_or(0));
  return load_tail(sealed);
}

Status Ledger::State::load_tail(Seq sealed) {
  tail_ = std::make_unique<TailIndex>(sealed);
  sqlite::Statement select =
      TRY(database_.prepare("SELECT seq, at, kind, cause, subject FROM fact WHERE seq > ?1 ORDER BY seq"));
  select.with(sealed);
  std::vector<IndexedFact> facts;
  while (TRY(select.step())) {
    const auto seq = static_cast<Seq>(select.integer(0));
    if (const Seq expected = sealed + facts.size() + 1; seq != expected) {
      // Somebody deleted facts. The rest must stay readable, and `verify` says where the chain is broken.
      if (seq - expected > kSegmentFacts) return fail(ErrorCode::kCorrupt, fmt::format("fact {} is missing", expected));
      log::error("ledger", fmt::format("facts are missing from {} on; verify tells more", expected));
      facts.resize(seq - sealed - 1);
    }
    facts.push_back(
        {.at_ms = select.integer(1), .keys = {subject_key(select.text(4)), select.integer(3), select.integer(2)}});
  }
  tail_->add(facts);
  return {};
}

Status Ledger::State::seal_full_segments() {
  while (tail_->has_full_segment()) {
    sqlite::Transaction transaction = TRY(sqlite::Transaction::begin(database_));
    TRY(tail_->seal(database_, [this](Seq last) -> Result<std::string> {
      sqlite::Statement chain = TRY(database_.prepare("SELECT chain FROM fact WHERE seq = ?1"));
      chain.with(last);
      if (!TRY(chain.step())) return fail(ErrorCode::kCorrupt, fmt::format("fact {} is missing", last));
      return std::string(chain.blob(0));
    }));
    TRY(commit(transaction));
    tail_->drop_sealed();
  }
  return {};
}

void Ledger::State::checkpoint_when_long() {
  if (database_.wal_bytes() < options_.checkpoint_bytes) return;
  Status copied = database_.checkpoint();
  if (!copied && !checkpoint_failed_) {
    log::warning("ledger", "the write-ahead log cannot be copied now, it stays long: " + copied.error().message);
  }
  checkpoint_failed_ = !copied;
}

Status Ledger::State::maintain(bool is_busy) {
  constexpr int64_t kWorthCopying = 1 << 20;
  constexpr int64_t kMuch = 64 << 20;
  if (is_busy && database_.wal_bytes() < kMuch) return {};
  TRY(seal_full_segments());
  if (database_.wal_bytes() < kWorthCopying) return {};
  return database_.checkpoint();
}

Result<std::unique_ptr<FactReader>> Ledger::State::borrow() const {
  {
    std::lock_guard lock(readers_mutex_);
    if (!readers_.empty()) {
      std::unique_ptr<FactReader> reader = std::move(readers_.back());
      readers_.pop_back();
      return reader;
    }
  }
  return std::make_unique<FactReader>(TRY(FactReader::open(database_.path(), *tail_)));
}

void Ledger::State::give_back(std::unique_ptr<FactReader> reader) const {
  std::lock_guard lock(readers_mutex_);
  if (readers_.size() < options_.readers) readers_.push_back(std::move(reader));
}

Ledger::Ledger(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ledger::~Ledger() = default;

Result<std::unique_ptr<Ledger>> Ledger::open(const std::filesystem::path& path, const LedgerOptions& options,
                                             const Clock& clock, Random& random) {
  std::unique_ptr<State> state = TRY(State::open(path, options, clock, random));
  return std::unique_ptr<Ledger>(new Ledger(std::move(state)));
}

Result<std::vector<Seq>> Ledger::append(std::span<const NewFact> facts) { return state_->append(facts); }
Result<Seq> Ledger::append_one(const NewFact& fact) { return TRY(append(std::span(&fact, 1))).front(); }
Result<Seq> Ledger::redact(Seq seq, std::string_view reason, std::string_view actor) {
  return state_->redact(seq, reason, actor);
}
Status Ledger::copy(std::span<const KeptFact> facts) { return state_->copy(facts); }
Status Ledger::mark_as_copy() { return state_->mark_as_copy(); }
Status Ledger::try_writing() { return state_->try_writing(); }
Head Ledger::head() const { return state_->head(); }
Status Ledger::maintain(bool is_busy) { return state_->maintain(is_busy); }
Seq Ledger::last_seq() const { return state_->last_seq(); }
const std::filesystem::path& Ledger::path() const { return state_->path(); }

Result<Fact> Ledger::get(Seq seq) const {
  return state_->with_reader([&](FactReader& reader) { return reader.get(seq); });
}
Result<std::vector<Fact>> Ledger::read_from(Seq seq, size_t limit) const {
  return state_->with_reader([&](FactReader& reader) { return reader.read_from(seq, limit); });
}
Result<std::vector<KeptFact>> Ledger::read_kept(Seq seq, size_t limit, size_t bytes) const {
  return state_->with_reader([&](FactReader& reader) { return reader.read_kept(seq, limit, bytes); });
}
Result<std::vector<Fact>> Ledger::by_subject(std::string_view subject, size_t limit, Seq before,
                                             std::string_view kind) const {
  return state_->with_reader([&](FactReader& reader) { return reader.by_subject(subject, limit, before, kind); });
}
Result<std::vector<Fact>> Ledger::by_cause(Seq seq, size_t limit) const {
  return state_->with_reader([&](FactReader& reader) { return reader.by_cause(seq, limit); });
}
Result<std::vector<Fact>> Ledger::by_kind(std::string_view kind, Time since, size_t limit, Seq before) const {
  return state_->with_reader([&](FactReader& reader) { return reader.by_kind(kind, since, limit, before); });
}
Result<std::vector<Fact>> Ledger::cause_chain(Seq seq) const {
  return state_->with_reader([&](FactReader& reader) { return reader.cause_chain(seq); });
}
Result<Verification> Ledger::verify() const {
  return state_->with_reader([](FactReader& reader) { return reader.verify(); });
}

std::string Ledger::view_sql(std::string_view schema) {
  return fmt::format(
      "SELECT f.seq AS seq, strftime('%Y-%m-%dT%H:%M:%fZ', f.at / 1000.0, 'unixepoch') AS at, k.text AS kind, "
      "f.subject AS subject, f.cause AS cause, a.text AS actor, b.body AS body, b.seq IS NULL AS redacted "
      "FROM {0}.fact f JOIN {0}.name k ON k.id = f.kind JOIN {0}.name a ON a.id = f.actor "
      "LEFT JOIN {0}.body b ON b.seq = f.seq",
      schema);
}

}  // namespace capstan::ledger
