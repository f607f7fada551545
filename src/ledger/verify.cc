#include <fmt/format.h>

#include <set>

#include "ledger/chain.h"
#include "ledger/fact_reader.h"
#include "ledger/schema.h"

namespace capstan::ledger {
namespace {

constexpr std::string_view kSelectAll =
    "SELECT f.seq, f.at, f.cause, k.text, f.subject, a.text, f.body_hash, f.chain, b.salt, b.body, s.anchor "
    "FROM fact f LEFT JOIN name k ON k.id = f.kind LEFT JOIN name a ON a.id = f.actor "
    "LEFT JOIN body b ON b.seq = f.seq LEFT JOIN segment s ON s.last = f.seq AND s.id = (f.seq - 1) / 65536 "
    "ORDER BY f.seq";
static_assert(kSegmentFacts == 65'536, "the query above names it");

// Walks the facts in order and remembers what must come next.
class Verifier {
 public:
  // What is wrong with the row; "" for nothing.
  std::string check(const sqlite::Statement& row) {
    const Seq seq = static_cast<Seq>(row.integer(0));
    if (seq != expected_) return "it is missing";
    if (row.is_null(3) || row.is_null(5)) return "the name of its kind or actor is missing";
    const Result<Sha256> body_hash = hash_of(row.blob(6));
    const Result<Sha256> chain = hash_of(row.blob(7));
    if (!body_hash || !chain) return "its hash is not a hash";
    if (row.is_null(9)) {
      missing_.insert(seq);
    } else if (hasher_.body(row.blob(8), row.text(9)) != *body_hash) {
      return "its body is not what was written down";
    }
    const Link link{.seq = seq,
                    .at_ms = row.integer(1),
                    .cause = static_cast<Seq>(row.integer(2)),
                    .kind = row.text(3),
                    .subject = row.text(4),
                    .actor = row.text(5)};
    chain_ = hasher_.link(chain_, link, *body_hash);
    if (chain_ != *chain) return "it is not what was written down, or a fact before it was replaced";
    if (!row.is_null(10) && row.blob(10) != bytes_of(chain_)) return "the anchor of its segment differs";
    if (link.kind == fact_kind::kRedacted) redacted_.insert(link.cause);
    ++expected_;
    return "";
  }

  // A body that is gone although no fact says that it was redacted.
  std::optional<Seq> unexplained() const {
    for (Seq seq : missing_) {
      if (!redacted_.contains(seq)) return seq;
    }
    return std::nullopt;
  }
  Seq expected() const { return expected_; }
  uint64_t redacted() const { return missing_.size(); }

 private:
  ChainHasher hasher_;
  Seq expected_ = 1;
  Sha256 chain_ = kGenesis;
  std::set<Seq> missing_;
  std::set<Seq> redacted_;
};

}  // namespace

Result<Verification> FactReader::verify() {
  const sqlite::Transaction view = TRY(sqlite::Transaction::begin_read(database_));
  Verification result;
  result.first = static_cast<Seq>(TRY(database_.integer_of("SELECT min(seq) FROM fact")).value_or(0));
  if (result.first == 0) return result;
  if (result.first > 1) {
    // The anchors of segments would prove the rest, but nothing ever drops facts: somebody removed them.
    result.broken = {.seq = 1, .reason = "it is missing"};
    return result;
  }
  Verifier verifier;
  sqlite::Statement row = TRY(database_.prepare(kSelectAll));
  while (!result.broken && TRY(row.step())) {
    const std::string reason = verifier.check(row);
    if (!reason.empty()) result.broken = {.seq = verifier.expected(), .reason = reason};
  }
  result.last = verifier.expected() - 1;
  result.redacted = verifier.redacted();
  if (const std::optional<Seq> seq = verifier.unexplained(); seq && (!result.broken || *seq < result.broken->seq)) {
    // After a break the fact that explains a deleted body may simply not have been read yet.
    if (!result.broken)
      result.broken = {.seq = *seq, .reason = "its body is gone, and no fact says that it was redacted"};
  }
  return result;
}

}  // namespace capstan::ledger
