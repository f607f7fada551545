#include "ledger/postgres_store.h"

#include <fmt/format.h>

#include "ledger/schema.h"

namespace capstan::ledger {
namespace {

constexpr int kOldestServer = 120'000;
constexpr int64_t kFormat = 1;
constexpr size_t kMostBytes = 256 << 20;  // Of one append; the protocol takes a gigabyte.

// Two nodes may start at once: the lock lets one of them make the tables.
constexpr const char* kTables = R"sql(
BEGIN;
SELECT pg_advisory_xact_lock(4852016281);
CREATE TABLE IF NOT EXISTS capstan_ledger(
  one boolean PRIMARY KEY DEFAULT true CHECK (one), format bigint NOT NULL,
  epoch bigint NOT NULL DEFAULT 0, holder text NOT NULL DEFAULT '', leader text NOT NULL DEFAULT '',
  page text NOT NULL DEFAULT '', since timestamptz NOT NULL DEFAULT now(),
  until timestamptz NOT NULL DEFAULT '-infinity',
  last bigint NOT NULL DEFAULT 0, chain bytea NOT NULL) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS capstan_fact(
  seq bigint PRIMARY KEY, epoch bigint NOT NULL, at_ms bigint NOT NULL, cause bigint NOT NULL, kind bytea NOT NULL,
  subject bytea NOT NULL, actor bytea NOT NULL, body_hash bytea NOT NULL, chain bytea NOT NULL, salt bytea, body bytea);
CREATE OR REPLACE VIEW capstan_facts AS
  SELECT seq, to_timestamp(at_ms / 1000.0) AS at, convert_from(kind, 'UTF8') AS kind,
    convert_from(subject, 'UTF8') AS subject, cause, convert_from(actor, 'UTF8') AS actor,
    convert_from(body, 'UTF8') AS body, epoch FROM capstan_fact;
INSERT INTO capstan_ledger(format, chain) VALUES (1, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
COMMIT;
)sql";

// A commit that is acknowledged must survive; a server may be set to promise less.
constexpr const char* kSession = R"sql(
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local');
SET default_transaction_isolation = 'read committed';
SET statement_timeout = '10s';
SET idle_in_transaction_session_timeout = '10s';
)sql";

constexpr const char* kStanding =
    "SELECT last, chain, epoch, holder, leader, page, (extract(epoch FROM since) * 1000)::bigint, "
    "(until <= clock_timestamp())::int::bigint FROM capstan_ledger";

constexpr const char* kAcquire =
    "UPDATE capstan_ledger SET epoch = epoch + 1, holder = convert_from($1, 'UTF8'), leader = convert_from($2, "
    "'UTF8'), "
    "page = convert_from($3, 'UTF8'), since = clock_timestamp(), until = clock_timestamp() + $4 * interval '1 ms' "
    "WHERE until <= clock_timestamp() RETURNING epoch";

constexpr const char* kRenew =
    "UPDATE capstan_ledger SET until = clock_timestamp() + $3 * interval '1 ms' "
    "WHERE epoch = $1 AND holder = convert_from($2, 'UTF8') AND until > clock_timestamp()";

constexpr const char* kRelease =
    "UPDATE capstan_ledger SET until = '-infinity' WHERE epoch = $1 AND holder = convert_from($2, 'UTF8')";

constexpr const char* kAppend = R"sql(
WITH lead AS (
  UPDATE capstan_ledger SET last = $5, chain = $6
  WHERE epoch = $1 AND holder = convert_from($2, 'UTF8') AND until > clock_timestamp() AND last = $3 AND chain = $4
  RETURNING epoch),
gone AS (
  UPDATE capstan_fact SET salt = NULL, body = NULL FROM lead WHERE seq = ANY($7))
INSERT INTO capstan_fact(seq, epoch, at_ms, cause, kind, subject, actor, body_hash, chain, salt, body)
SELECT new.seq, lead.epoch, new.at_ms, new.cause, new.kind, new.subject, new.actor, new.body_hash, new.chain, new.salt,
  new.body
FROM lead, unnest($8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
  AS new(seq, at_ms, cause, kind, subject, actor, body_hash, chain, salt, body)
)sql";

// As many as fit about 16 MiB: one row of that size is too large for any fact.
constexpr const char* kRead = R"sql(
SELECT seq, at_ms, cause, kind, subject, actor, body_hash, chain, salt, body FROM (
  SELECT *, sum(octet_length(coalesce(body, ''))) OVER (ORDER BY seq) AS bytes FROM (
    SELECT * FROM capstan_fact WHERE seq >= $1 ORDER BY seq LIMIT $2) AS batch) AS summed
WHERE seq = $1 OR bytes < 16777216 ORDER BY seq
)sql";

class PostgresStore final : public SharedStore {
 public:
  PostgresStore(PostgresAddress address, Duration patience) : address_(std::move(address)), patience_(patience) {}

  Result<Standing> standing() override {
    const PostgresRows rows = TRY(run(kStanding, {}));
    if (rows.size() != 1) {
      return fail(ErrorCode::kCorrupt,
                  fmt::format("capstan_ledger in the {} has {} rows instead of one", address_.shown(), rows.size()));
    }
    return Standing{.head = {static_cast<Seq>(rows.integer(0, 0)), TRY(hash_of(rows.bytes(0, 1)))},
                    .epoch = static_cast<uint64_t>(rows.integer(0, 2)),
                    .holder = std::string(rows.bytes(0, 3)),
                    .leader = std::string(rows.bytes(0, 4)),
                    .page = std::string(rows.bytes(0, 5)),
                    .since = from_unix_ms(rows.integer(0, 6)),
                    .free = rows.integer(0, 7) != 0};
  }

  Result<std::optional<Tenure>> acquire(const Candidate& candidate, Duration length) override {
    PostgresParameters parameters;
    parameters.add(candidate.holder).add(candidate.node).add(candidate.page).add(length.count());
    const PostgresRows rows = TRY(run(kAcquire, parameters));
    if (rows.size() == 0) return std::optional<Tenure>();
    return std::optional(Tenure{static_cast<uint64_t>(rows.integer(0, 0)), candidate.holder});
  }

  Result<bool> renew(const Tenure& tenure, Duration length) override {
    PostgresParameters parameters;
    parameters.add(static_cast<int64_t>(tenure.epoch)).add(tenure.holder).add(length.count());
    return TRY(run(kRenew, parameters)).affected() == 1;
  }

  Status release(const Tenure& tenure) override {
    PostgresParameters parameters;
    parameters.add(static_cast<int64_t>(tenure.epoch)).add(tenure.holder);
    TRY(run(kRelease, parameters));
    return {};
  }

  Result<bool> append(const Tenure& tenure, const Head& before, std::span<const KeptFact> facts) override;
  Result<std::vector<KeptFact>> read(Seq seq, size_t limit) override;

 private:
  Result<PostgresRows> run(const char* sql, const PostgresParameters& parameters) {
    if (!connection_ || !connection_->is_open()) {
      connection_.reset();
      Postgres fresh = TRY(Postgres::connect(address_));
      // Kept only once it is set up: else facts would be written by it with whatever promises the server makes.
      TRY(fresh.run_all(kSession, patience_));
      connection_ = std::move(fresh);
    }
    return connection_->run(sql, parameters, patience_);
  }

  const PostgresAddress address_;
  const Duration patience_;
  std::optional<Postgres> connection_;
};

Result<bool> PostgresStore::append(const Tenure& tenure, const Head& before, std::span<const KeptFact> facts) {
  if (facts.empty()) return true;
  std::vector<int64_t> seqs, times, causes, redacted;
  std::vector<std::string_view> kinds, subjects, actors, hashes, chains, salts, bodies;
  size_t bytes = 0;
  for (const KeptFact& fact : facts) {
    seqs.push_back(static_cast<int64_t>(fact.seq));
    times.push_back(fact.at_ms);
    causes.push_back(static_cast<int64_t>(fact.cause));
    if (fact.kind == fact_kind::kRedacted) redacted.push_back(static_cast<int64_t>(fact.cause));
    kinds.emplace_back(fact.kind);
    subjects.emplace_back(fact.subject);
    actors.emplace_back(fact.actor);
    hashes.push_back(bytes_of(fact.body_hash));
    chains.push_back(bytes_of(fact.chain));
    salts.push_back(fact.redacted ? std::string_view() : std::string_view(fact.salt));
    bodies.push_back(fact.redacted ? std::string_view() : std::string_view(fact.body));
    bytes += fact.subject.size() + fact.body.size() + 200;
  }
  if (bytes > kMostBytes) {
    return fail(
        ErrorCode::kResourceExhausted,
        fmt::format("facts of {} bytes at once are above the limit of {} of a shared ledger", bytes, kMostBytes));
  }
  PostgresParameters parameters;
  parameters.add(static_cast<int64_t>(tenure.epoch)).add(tenure.holder);
  parameters.add(static_cast<int64_t>(before.last)).add(bytes_of(before.chain));
  parameters.add(static_cast<int64_t>(facts.back().seq)).add(bytes_of(facts.back().chain));
  for (const auto* numbers : {&redacted, &seqs, &times, &causes}) parameters.add(std::span<const int64_t>(*numbers));
  for (const auto* texts : {&kinds, &subjects, &actors, &hashes, &chains, &salts, &bodies})
    parameters.add(std::span<const std::string_view>(*texts));
  return TRY(run(kAppend, parameters)).affected() == static_cast<int64_t>(facts.size());
}

Result<std::vector<KeptFact>> PostgresStore::read(Seq seq, size_t limit) {
  PostgresParameters parameters;
  parameters.add(static_cast<int64_t>(seq)).add(static_cast<int64_t>(limit));
  const PostgresRows rows = TRY(run(kRead, parameters));
  std::vector<KeptFact> facts;
  facts.reserve(static_cast<size_t>(rows.size()));
  for (int row = 0; row < rows.size(); ++row) {
    const bool gone = rows.is_null(row, 9);
    facts.push_back({.seq = static_cast<Seq>(rows.integer(row, 0)),
                     .at_ms = rows.integer(row, 1),
                     .cause = static_cast<Seq>(rows.integer(row, 2)),
                     .kind = std::string(rows.bytes(row, 3)),
                     .subject = std::string(rows.bytes(row, 4)),
                     .actor = std::string(rows.bytes(row, 5)),
                     .body_hash = TRY(hash_of(rows.bytes(row, 6))),
                     .chain = TRY(hash_of(rows.bytes(row, 7))),
                     .salt = gone ? "" : std::string(rows.bytes(row, 8)),
                     .body = gone ? "" : std::string(rows.bytes(row, 9)),
                     .redacted = gone});
  }
  return facts;
}

}  // namespace

std::unique_ptr<SharedStore> postgres_store(PostgresAddress address, Duration patience) {
  return std::make_unique<PostgresStore>(std::move(address), patience);
}

Status prepare_postgres(const PostgresAddress& address, Duration patience, std::vector<std::string>& notes) {
  Postgres connection = TRY(Postgres::connect(address));
  if (const int version = connection.server_version(); version < kOldestServer) {
    return fail(
        ErrorCode::kFailedPrecondition,
        fmt::format("the {} is PostgreSQL {}; a shared ledger needs 12 or newer", address.shown(), version / 10'000));
  }
  // Who may only use the tables, and not make any, finds them made.
  const PostgresRows made = TRY(connection.run("SELECT count(to_regclass('capstan_ledger'))", {}, patience));
  if (made.integer(0, 0) == 0) {
    TRY(during(fmt::format("making the tables in the {}", address.shown()), connection.run_all(kTables, patience)));
  }
  const PostgresRows format = TRY(connection.run("SELECT format FROM capstan_ledger", {}, patience));
  if (format.size() != 1 || format.integer(0, 0) != kFormat) {
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("the ledger in the {} is of another format than this Capstan knows: update all nodes",
                            address.shown()));
  }
  const PostgresRows fsync = TRY(connection.run("SELECT current_setting('fsync')", {}, patience));
  if (fsync.bytes(0, 0) != "on")
    notes.push_back("the server's fsync is off: facts may be lost when its machine loses power");
  return {};
}

}  // namespace capstan::ledger
