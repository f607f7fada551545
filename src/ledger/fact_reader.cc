#include "ledger/fact_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "ledger/schema.h"

namespace capstan::ledger {
namespace {

constexpr std::string_view kSelectFrom =
    "SELECT f.seq, f.at, k.text, f.subject, f.cause, a.text, b.body FROM fact f "
    "JOIN name k ON k.id = f.kind JOIN name a ON a.id = f.actor LEFT JOIN body b ON b.seq = f.seq "
    "WHERE f.seq >= ?1 ORDER BY f.seq";

constexpr std::string_view kSelectKept =
    "SELECT f.seq, f.at, f.cause, k.text, f.subject, a.text, f.body_hash, f.chain, b.salt, b.body FROM fact f "
    "JOIN name k ON k.id = f.kind JOIN name a ON a.id = f.actor LEFT JOIN body b ON b.seq = f.seq "
    "WHERE f.seq >= ?1 ORDER BY f.seq";

}  // namespace

Result<FactReader> FactReader::open(const std::filesystem::path& path, const TailIndex& tail) {
  sqlite::Database database = TRY(sqlite::Database::open_reader(path));
  SegmentIndex index = TRY(SegmentIndex::open(database));
  sqlite::Statement from = TRY(database.prepare(kSelectFrom));
  return FactReader(std::move(database), tail, std::move(index), std::move(from));
}

Result<Fact> FactReader::current() {
  Fact fact;
  fact.seq = static_cast<Seq>(from_.integer(0));
  fact.at = from_unix_ms(from_.integer(1));
  fact.kind = from_.text(2);
  fact.subject = from_.text(3);
  fact.cause = static_cast<Seq>(from_.integer(4));
  fact.actor = from_.text(5);
  fact.redacted = from_.is_null(6);
  if (!fact.redacted) {
    Result<Json> body = Json::parse(from_.text(6));
    if (!body) {
      return fail(ErrorCode::kCorrupt, fmt::format("the body of fact {} is {}", fact.seq, body.error().message));
    }
    fact.body = *std::move(body);
  }
  return fact;
}

Result<Fact> FactReader::get(Seq seq) {
  std::vector<Fact> facts = TRY(read_from(seq, 1));
  if (facts.empty() || facts.front().seq != seq) {
    return fail(ErrorCode::kNotFound, fmt::format("there is no fact {}", seq));
  }
  return std::move(facts.front());
}

Result<std::vector<Fact>> FactReader::read_from(Seq seq, size_t limit) {
  std::vector<Fact> facts;
  if (seq > static_cast<Seq>(std::numeric_limits<int64_t>::max())) return facts;
  from_.with(seq);
  while (facts.size() < limit && TRY(from_.step())) {
    Result<Fact> fact = current();
    if (!fact) from_.reset();
    facts.push_back(TRY(std::move(fact)));
  }
  from_.reset();
  return facts;
}

Result<std::vector<KeptFact>> FactReader::read_kept(Seq seq, size_t limit, size_t bytes) {
  sqlite::Statement row = TRY(database_.prepare(kSelectKept));
  row.with(seq);
  std::vector<KeptFact> facts;
  size_t taken = 0;
  while (facts.size() < limit && taken < bytes && TRY(row.step())) {
    KeptFact& fact = facts.emplace_back();
    fact.seq = static_cast<Seq>(row.integer(0));
    fact.at_ms = row.integer(1);
    fact.cause = static_cast<Seq>(row.integer(2));
    fact.kind = row.text(3);
    fact.subject = row.text(4);
    fact.actor = row.text(5);
    fact.body_hash = TRY(hash_of(row.blob(6)));
    fact.chain = TRY(hash_of(row.blob(7)));
    fact.redacted = row.is_null(9);
    if (!fact.redacted) {
      fact.salt = row.blob(8);
      fact.body = row.text(9);
    }
    taken += fact.subject.size() + fact.body.size();
  }
  return facts;
}

Result<std::vector<Fact>> FactReader::newest(Field field, int64_t key, const Range& range,
                                             const std::function<bool(const Fact&)>& accept) {
  std::vector<Fact> facts;
  const auto take = [&](const std::vector<Seq>& rising, Seq before) -> Status {
    for (auto seq = rising.rbegin(); seq != rising.rend() && facts.size() < range.limit; ++seq) {
      if (*seq >= before) continue;
      Fact fact = TRY(get(*seq));
      if (accept(fact)) facts.push_back(std::move(fact));
    }
    return {};
  };
  const std::vector<Seq> recent = tail_->find(field, key);
  const sqlite::Transaction view = TRY(sqlite::Transaction::begin_read(database_));
  Seq before = range.before == 0 ? std::numeric_limits<Seq>::max() : range.before;
  TRY(take(recent, before));
  // What was sealed between the look at the tail and the view would come twice.
  if (!recent.empty()) before = std::min(before, recent.front());
  std::vector<SegmentIndex::Segment> segments = TRY(index_.segments(0, range.since_ms));
  for (auto segment = segments.rbegin(); segment != segments.rend() && facts.size() < range.limit; ++segment) {
    if (segment->first >= before) continue;
    TRY(take(TRY(index_.find(*segment, field, key)), before));
  }
  return facts;
}

Result<std::vector<Fact>> FactReader::by_subject(std::string_view subject, size_t limit, Seq before,
                                                 std::string_view kind) {
  const bool all_below = kind.empty() || kind.ends_with('.');
  const Range range{.since_ms = std::numeric_limits<int64_t>::min(), .before = before, .limit = limit};
  return newest(Field::kSubject, subject_key(subject), range, [&](const Fact& fact) {
    return fact.subject == subject && (all_below ? fact.kind.starts_with(kind) : fact.kind == kind);
  });
}

Result<std::vector<Fact>> FactReader::by_kind(std::string_view kind, Time since, size_t limit, Seq before) {
  sqlite::Statement number = TRY(database_.prepare("SELECT id FROM name WHERE text = ?1"));
  number.with(kind);
  if (!TRY(number.step())) return std::vector<Fact>();
  const int64_t key = number.integer(0);
  number.reset();
  const Range range{.since_ms = to_unix_ms(since), .before = before, .limit = limit};
  return newest(Field::kKind, key, range, [&](const Fact& fact) { return fact.at >= since; });
}

Result<std::vector<Fact>> FactReader::by_cause(Seq seq, size_t limit) {
  const auto key = static_cast<int64_t>(seq);
  const std::vector<Seq> recent = tail_->find(Field::kCause, key);
  const sqlite::Transaction view = TRY(sqlite::Transaction::begin_read(database_));
  std::vector<Seq> effects;
  for (const SegmentIndex::Segment& segment : TRY(index_.segments(seq, std::numeric_limits<int64_t>::min()))) {
    if (effects.size() >= limit) break;
    const std::vector<Seq> some = TRY(index_.find(segment, Field::kCause, key));
    effects.insert(effects.end(), some.begin(), some.end());
  }
  for (Seq effect : recent) {
    if (effects.empty() || effect > effects.back()) effects.push_back(effect);
  }
  std::vector<Fact> facts;
  for (Seq effect : effects) {
    if (facts.size() >= limit) break;
    facts.push_back(TRY(get(effect)));
  }
  return facts;
}

Result<std::vector<Fact>> FactReader::cause_chain(Seq seq) {
  constexpr size_t kLongestChain = 10'000;  // A cause is always earlier, so a chain ends; this bounds the answer.
  std::vector<Fact> chain;
  while (seq != 0 && chain.size() < kLongestChain) {
    chain.push_back(TRY(get(seq)));
    const Seq cause = chain.back().cause;
    if (cause >= seq) return fail(ErrorCode::kCorrupt, fmt::format("fact {} names a later one as its cause", seq));
    seq = cause;
  }
  return chain;
}

}  // namespace capstan::ledger
