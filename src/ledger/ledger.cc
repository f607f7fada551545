#include "ledger/ledger.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <unordered_map>

#include "base/log.h"
#include "ledger/chain.h"
#include "ledger/fact_reader.h"
#include "ledger/lookup_index.h"
#include "ledger/name_table.h"
#include "ledger/schema.h"

namespace capstan::ledger {
namespace {

constexpr size_t kLongestKind = 64;
constexpr size_t kLongestSubject = 1024;
constexpr size_t kLongestActor = 256;

Status check_length(std::string_view what, std::string_view text, size_t least, size_t most) {
  if (text.size() >= least && text.size() <= most) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} of a fact must have {} to {} bytes, this one has {}", what, least, most, text.size()));
}

Status check_fact(const NewFact& fact, Seq seq) {
  TRY(check_length("the kind", fact.kind, 1, kLongestKind));
  TRY(check_length("the subject", fact.subject, 0, kLongestSubject));
  TRY(check_length("the actor", fact.actor, 0, kLongestActor));
  if (fact.cause >= seq) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("fact {} ({}) names fact {} as its cause, which is not an earlier one", seq, fact.kind,
                            fact.cause));
  }
  if (!fact.body.is_object()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("the body of fact {} ({}) is no object", seq, fact.kind));
  }
  return {};
}

}  // namespace

class Ledger::State {
 public:
  static Result<std::unique_ptr<State>> open(const std::filesystem::path& path, const LedgerOptions& options,
                                             const Clock& clock, Random& random);

  Result<std::vector<Seq>> append(std::span<const NewFact> facts);
  Result<Seq> redact(Seq seq, std::string_view reason, std::string_view actor);
  Status maintain(bool is_busy);
  Seq last_seq() const { return last_seq_.load(std::memory_order_acquire); }
  const std::filesystem::path& path() const { return database_.path(); }

  // Runs `read` with a connection of the pool.
  template <class F>
  auto with_reader(F&& read) const -> decltype(read(std::declval<FactReader&>())) {
    std::unique_ptr<FactReader> reader = TRY(borrow());
    auto result = read(*reader);
    give_back(std::move(reader));
    return result;
  }

 private:
  // A batch as it goes into the tables.
  struct Prepared {
    std::vector<std::string> bodies;
    std::string salts;
    std::vector<IndexedFact> index;
    Sha256 chain;
  };

  State(sqlite::Database database, const LedgerOptions& options, const Clock& clock, Random& random)
      : database_(std::move(database)), options_(options), clock_(clock), random_(random) {}
  Status load();
  Status load_tail(Seq sealed);
  Result<Prepared> prepare(std::span<const NewFact> facts);
  Status write(std::span<const NewFact> facts, Prepared& batch);
  Status commit(sqlite::Transaction& transaction);
  Status seal_full_segments();
  void checkpoint_when_long();
  Result<std::vector<Seq>> append_in(sqlite::Transaction& transaction, std::span<const NewFact> facts);
  Result<std::unique_ptr<FactReader>> borrow() const;
  void give_back(std::unique_ptr<FactReader> reader) const;

  sqlite::Database database_;
  const LedgerOptions options_;
  const Clock& clock_;
  Random& random_;
  std::optional<NameTable> names_;
  std::optional<sqlite::Statement> insert_fact_;
  std::optional<sqlite::Statement> insert_body_;
  ChainHasher hasher_;
  Sha256 chain_ = kGenesis;
  std::atomic<Seq> last_seq_ = 0;
  bool failed_ = false;             // After an I/O error at a commit: what the disk holds is not known.
  bool checkpoint_failed_ = false;  // Told once.
  std::unique_ptr<TailIndex> tail_;
  mutable std::mutex readers_mutex_;
  mutable std::vector<std::unique_ptr<FactReader>> readers_;
};

Result<std::unique_ptr<Ledger::State>> Ledger::State::open(const std::filesystem::path& path,
                                                           const LedgerOptions& options, const Clock& clock,
                                                           Random& random) {
  sqlite::Database database =
      TRY(sqlite::Database::open_writer(path, {.cache_bytes = options.cache_bytes, .max_bytes = options.max_bytes}));
  TRY(prepare_schema(database));
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

Result<Ledger::State::Prepared> Ledger::State::prepare(std::span<const NewFact> facts) {
  if (failed_) {
    return fail(ErrorCode::kUnavailable, "the ledger had an I/O error and must be opened anew before it takes facts");
  }
  if (facts.size() > options_.batch_limit) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("a batch of {} facts is above the limit of {}", facts.size(), options_.batch_limit));
  }
  Prepared batch;
  batch.bodies.reserve(facts.size());
  const Seq first = last_seq() + 1;
  for (size_t i = 0; i < facts.size(); ++i) {
    TRY(check_fact(facts[i], first + i));
    batch.bodies.push_back(facts[i].body.dump());
    if (batch.bodies.back().size() > options_.body_limit) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the body of fact {} ({}) has {} bytes, the limit is {}", first + i, facts[i].kind,
                              batch.bodies.back().size(), options_.body_limit));
    }
  }
  batch.salts.resize(facts.size() * kSaltBytes);
  random_.fill(std::as_writable_bytes(std::span(batch.salts)));
  return batch;
}

Status Ledger::State::write(std::span<const NewFact> facts, Prepared& batch) {
  batch.chain = chain_;
  batch.index.reserve(facts.size());
  Seq seq = last_seq();
  for (size_t i = 0; i < facts.size(); ++i) {
    const NewFact& fact = facts[i];
    const std::string_view salt = std::string_view(batch.salts).substr(i * kSaltBytes, kSaltBytes);
    const Link link{.seq = ++seq,
                    .at_ms = to_unix_ms(fact.at),
                    .cause = fact.cause,
                    .kind = fact.kind,
                    .subject = fact.subject,
                    .actor = fact.actor};
    const Sha256 body_hash = hasher_.body(salt, batch.bodies[i]);
    batch.chain = hasher_.link(batch.chain, link, body_hash);
    const int64_t kind = TRY(names_->number_of(fact.kind));
    insert_fact_->with(seq, link.at_ms, kind, fact.cause, TRY(names_->number_of(fact.actor)));
    insert_fact_->bind_text_in_place(6, fact.subject);
    insert_fact_->bind_blob_in_place(7, bytes_of(body_hash));
    insert_fact_->bind_blob_in_place(8, bytes_of(batch.chain));
    TRY(insert_fact_->run());
    insert_body_->with(seq);
    insert_body_->bind_blob_in_place(2, salt);
    insert_body_->bind_text_in_place(3, batch.bodies[i]);
    TRY(insert_body_->run());
    batch.index.push_back(
        {.at_ms = link.at_ms, .keys = {subject_key(fact.subject), static_cast<int64_t>(fact.cause), kind}});
  }
  return {};
}

Status Ledger::State::commit(sqlite::Transaction& transaction) {
  Status committed = transaction.commit();
  // A full disk is found before the commit record is whole. After any other error the record may or may not be there.
  if (!committed && committed.error().code != ErrorCode::kResourceExhausted) failed_ = true;
  return committed;
}

Result<std::vector<Seq>> Ledger::State::append_in(sqlite::Transaction& transaction, std::span<const NewFact> facts) {
  Prepared batch = TRY(prepare(facts));
  Status written = write(facts, batch);
  if (written) written = commit(transaction);
  if (!written) {
    names_->forget_new();
    return fail(std::move(written.error()));
  }
  names_->keep_new();
  std::vector<Seq> seqs;
  seqs.reserve(facts.size());
  for (size_t i = 0; i < facts.size(); ++i) seqs.push_back(last_seq() + 1 + i);
  chain_ = batch.chain;
  // The index first: who sees the new last_seq must find the facts.
  tail_->add(batch.index);
  last_seq_.store(last_seq() + facts.size(), std::memory_order_release);
  return seqs;
}

Result<std::vector<Seq>> Ledger::State::append(std::span<const NewFact> facts) {
  if (facts.empty()) return std::vector<Seq>();
  std::optional<sqlite::Transaction> transaction = TRY(sqlite::Transaction::begin(database_));
  std::vector<Seq> seqs = TRY(append_in(*transaction, facts));
  // The facts are safe; what follows may wait when it fails.
  if (Status sealed = seal_full_segments(); !sealed) log::warning("ledger", sealed.error().message);
  checkpoint_when_long();
  return seqs;
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

Result<Seq> Ledger::State::redact(Seq seq, std::string_view reason, std::string_view actor) {
  std::optional<sqlite::Transaction> transaction = TRY(sqlite::Transaction::begin(database_));
  sqlite::Statement erase = TRY(database_.prepare("DELETE FROM body WHERE seq = ?1"));
  TRY(erase.with(seq).run());
  if (database_.changes() == 0) {
    const bool known = seq >= 1 && seq <= last_seq();
    return fail(known ? ErrorCode::kFailedPrecondition : ErrorCode::kNotFound,
                known ? fmt::format("fact {} is redacted already", seq) : fmt::format("there is no fact {}", seq));
  }
  const NewFact note{.at = clock_.now(),
                     .kind = std::string(fact_kind::kRedacted),
                     .subject = fmt::format("fact/{}", seq),
                     .body = Json::object({{"seq", seq}, {"reason", reason}}),
                     .cause = seq,
                     .actor = std::string(actor)};
  const std::vector<Seq> seqs = TRY(append_in(*transaction, std::span(&note, 1)));
  transaction.reset();
  // The log still holds the deleted bytes. A reader may hold this up; then a later checkpoint does it.
  if (Status emptied = database_.checkpoint_and_truncate(); !emptied) {
    log::warning("ledger", "the redacted body stays in the write-ahead log for now: " + emptied.error().message);
  }
  return seqs.front();
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
Status Ledger::maintain(bool is_busy) { return state_->maintain(is_busy); }
Seq Ledger::last_seq() const { return state_->last_seq(); }
const std::filesystem::path& Ledger::path() const { return state_->path(); }

Result<Fact> Ledger::get(Seq seq) const {
  return state_->with_reader([&](FactReader& reader) { return reader.get(seq); });
}
Result<std::vector<Fact>> Ledger::read_from(Seq seq, size_t limit) const {
  return state_->with_reader([&](FactReader& reader) { return reader.read_from(seq, limit); });
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
