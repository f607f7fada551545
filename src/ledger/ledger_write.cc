// How facts come into a ledger: this node's own, and those that are copied from where several nodes write.
#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "ledger/ledger_state.h"

namespace capstan::ledger {
namespace {

constexpr size_t kLongestKind = 64;
constexpr size_t kLongestSubject = 1024;
constexpr size_t kLongestActor = 256;
constexpr int kTrialBytes = 256 << 10;  // What a batch of a busy second may take.

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

Result<IndexedFact> Ledger::State::insert(const Row& row) {
  const Link& link = row.link;
  const int64_t kind = TRY(names_->number_of(link.kind));
  insert_fact_->with(link.seq, link.at_ms, kind, link.cause, TRY(names_->number_of(link.actor)));
  insert_fact_->bind_text_in_place(6, link.subject);
  insert_fact_->bind_blob_in_place(7, bytes_of(row.body_hash));
  insert_fact_->bind_blob_in_place(8, bytes_of(row.chain));
  TRY(insert_fact_->run());
  if (row.body) {
    insert_body_->with(link.seq);
    insert_body_->bind_blob_in_place(2, row.salt);
    insert_body_->bind_text_in_place(3, *row.body);
    TRY(insert_body_->run());
  }
  return IndexedFact{.at_ms = link.at_ms, .keys = {subject_key(link.subject), static_cast<int64_t>(link.cause), kind}};
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
    batch.index.push_back(TRY(insert({link, body_hash, batch.chain, salt, batch.bodies[i]})));
    if (options_.authority == nullptr) continue;
    batch.kept.push_back({.seq = seq,
                          .at_ms = link.at_ms,
                          .cause = fact.cause,
                          .kind = fact.kind,
                          .subject = fact.subject,
                          .actor = fact.actor,
                          .body_hash = body_hash,
                          .chain = batch.chain,
                          .salt = std::string(salt),
                          .body = batch.bodies[i]});
  }
  return {};
}

Status Ledger::State::copy_in(std::span<const KeptFact> facts, Prepared& batch) {
  batch.chain = chain_;
  Seq seq = last_seq();
  for (const KeptFact& fact : facts) {
    if (fact.seq != ++seq) {
      return fail(ErrorCode::kFailedPrecondition,
                  fmt::format("fact {} was to be copied, but fact {} would be next", fact.seq, seq));
    }
    const Link link{.seq = fact.seq,
                    .at_ms = fact.at_ms,
                    .cause = fact.cause,
                    .kind = fact.kind,
                    .subject = fact.subject,
                    .actor = fact.actor};
    batch.chain = hasher_.link(batch.chain, link, fact.body_hash);
    const bool body_holds = fact.redacted || hasher_.body(fact.salt, fact.body) == fact.body_hash;
    if (batch.chain != fact.chain || !body_holds) {
      return fail(ErrorCode::kCorrupt, fmt::format("fact {} is not what was written down: its hash differs", seq));
    }
    const std::optional<std::string_view> body =
        fact.redacted ? std::nullopt : std::optional<std::string_view>(fact.body);
    batch.index.push_back(TRY(insert({link, fact.body_hash, fact.chain, fact.salt, body})));
    if (fact.kind == fact_kind::kRedacted) (void)TRY(erase_body(fact.cause));
  }
  return {};
}

Status Ledger::State::commit(sqlite::Transaction& transaction) {
  Status committed = transaction.commit();
  // A full disk is found before the commit record is whole. After any other error the record may or may not be there.
  if (!committed && committed.error().code != ErrorCode::kResourceExhausted) take_no_more(committed.error());
  return committed;
}

// Who leads and can write nothing must not keep the others from leading.
void Ledger::State::take_no_more(const Error& why) {
  failed_ = true;
  if (options_.authority != nullptr) options_.authority->forsake(why.message);
}

void Ledger::State::lead_no_more(const Error& why) {
  if (options_.authority != nullptr) take_no_more(why);
}

// The authority first: what it has and this file lacks after a crash is copied; the reverse could not be mended.
Status Ledger::State::ask_authority(const Prepared& batch) {
  if (options_.authority == nullptr) return {};
  Status taken = options_.authority->take(head(), batch.kept);
  if (taken) return taken;
  const ErrorCode code = taken.error().code;
  if (code != ErrorCode::kResourceExhausted && code != ErrorCode::kInvalidArgument) take_no_more(taken.error());
  return taken;
}

void Ledger::State::accept(const Prepared& batch) {
  names_->keep_new();
  chain_ = batch.chain;
  // The index first: who sees the new last_seq must find the facts.
  tail_->add(batch.index);
  last_seq_.store(last_seq() + batch.index.size(), std::memory_order_release);
}

Result<std::vector<Seq>> Ledger::State::append_in(sqlite::Transaction& transaction, std::span<const NewFact> facts) {
  Prepared batch = TRY(prepare(facts));
  Status written = write(facts, batch);
  if (!written) lead_no_more(written.error());
  if (written) written = ask_authority(batch);
  if (written) {
    written = commit(transaction);
    // The authority has what this file could not take, so no next fact may get the same number.
    if (!written) lead_no_more(written.error());
  }
  if (!written) {
    names_->forget_new();
    return fail(std::move(written.error()));
  }
  const Seq first = last_seq() + 1;
  accept(batch);
  std::vector<Seq> seqs;
  seqs.reserve(facts.size());
  for (size_t i = 0; i < facts.size(); ++i) seqs.push_back(first + i);
  return seqs;
}

Status Ledger::State::copy(std::span<const KeptFact> facts) {
  if (facts.empty()) return {};
  std::optional<sqlite::Transaction> transaction = TRY(sqlite::Transaction::begin(database_));
  Prepared batch;
  Status written = copy_in(facts, batch);
  if (written) written = commit(*transaction);
  if (!written) {
    names_->forget_new();
    return written;
  }
  accept(batch);
  transaction.reset();
  if (std::ranges::any_of(facts, [](const KeptFact& fact) { return fact.kind == fact_kind::kRedacted; })) empty_log();
  if (Status sealed = seal_full_segments(); !sealed) log::warning("ledger", sealed.error().message);
  checkpoint_when_long();
  return {};
}

Status Ledger::State::mark_as_copy() {
  return database_.execute("CREATE TABLE IF NOT EXISTS shared_copy(of TEXT NOT NULL)");
}

Status Ledger::State::try_writing() {
  constexpr std::string_view kDrop = "DROP TABLE IF EXISTS trial_of_room";
  TRY(database_.execute(kDrop));
  TRY(database_.execute(fmt::format("CREATE TABLE trial_of_room AS SELECT zeroblob({}) AS room", kTrialBytes)));
  return database_.execute(kDrop);
}

Result<std::vector<Seq>> Ledger::State::append(std::span<const NewFact> facts) {
  if (facts.empty()) return std::vector<Seq>();
  Result<sqlite::Transaction> transaction = sqlite::Transaction::begin(database_);
  if (!transaction) {
    lead_no_more(transaction.error());
    return fail(std::move(transaction).error());
  }
  std::vector<Seq> seqs = TRY(append_in(*transaction, facts));
  // The facts are safe; what follows may wait when it fails.
  if (Status sealed = seal_full_segments(); !sealed) log::warning("ledger", sealed.error().message);
  checkpoint_when_long();
  return seqs;
}

Result<int64_t> Ledger::State::erase_body(Seq seq) {
  sqlite::Statement erase = TRY(database_.prepare("DELETE FROM body WHERE seq = ?1"));
  TRY(erase.with(seq).run());
  return database_.changes();
}

Result<Seq> Ledger::State::redact(Seq seq, std::string_view reason, std::string_view actor) {
  std::optional<sqlite::Transaction> transaction = TRY(sqlite::Transaction::begin(database_));
  if (TRY(erase_body(seq)) == 0) {
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
  empty_log();
  return seqs.front();
}

// The log still holds the deleted bytes. A reader may hold this up; then a later checkpoint does it.
void Ledger::State::empty_log() {
  if (Status emptied = database_.checkpoint_and_truncate(); !emptied) {
    log::warning("ledger", "the redacted body stays in the write-ahead log for now: " + emptied.error().message);
  }
}

}  // namespace capstan::ledger
