// Finds facts by subject, cause and kind without a b-tree insert per fact.
//
// The newest facts are kept as plain columns in memory and scanned (1 MB, some tens of microseconds). Each full stretch
// of kSegmentFacts facts is sorted once and appended to the file as blocks of (key, offset) pairs, so that the file
// only ever grows at its end: facts of many subjects at once cost no more than facts of one. A look-up then asks the
// segments one by one, newest or oldest first. What is in memory is read back from the facts after a crash.
// The idea is that of a log-structured merge tree without its merges (O'Neil et al., 1996).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <shared_mutex>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sqlite.h"
#include "model/fact.h"

namespace capstan::ledger {

inline constexpr Seq kSegmentFacts = 65'536;  // So that an offset fits 16 bits; never change it within a format.

enum class Field : int { kSubject = 0, kCause = 1, kKind = 2 };
inline constexpr int kFields = 3;

// What the index knows of one fact.
struct IndexedFact {
  int64_t at_ms = 0;
  int64_t keys[kFields] = {};  // By Field: the key of the subject, the cause, the number of the kind.
};

// Two subjects may share a key; a reader compares the text. Stable for all time.
int64_t subject_key(std::string_view subject);

// The stretch of facts that no segment of the file covers yet. One thread adds and seals; any thread looks up.
class TailIndex {
 public:
  // `sealed` is the last fact that a segment covers.
  explicit TailIndex(Seq sealed) : sealed_(sealed) {}

  // Facts in order, without gaps.
  void add(std::span<const IndexedFact> facts);
  bool has_full_segment() const;
  // Writes the oldest full stretch into the file, within the caller's transaction. `drop_sealed` forgets it here once
  // that transaction is durable.
  Status seal(sqlite::Database& database, const std::function<Result<std::string>(Seq)>& anchor_of);
  void drop_sealed();

  // The facts with this key, rising. Read it before the database's view begins, so that nothing falls between.
  std::vector<Seq> find(Field field, int64_t key) const;

 private:
  struct Stretch {
    Seq first = 0;
    std::vector<int64_t> at_ms;
    std::vector<int64_t> keys[kFields];
  };

  mutable std::shared_mutex mutex_;
  Seq sealed_;
  std::deque<Stretch> stretches_;  // All but the last are full.
};

// Looks into the segments of one view of the file. Not thread-safe.
class SegmentIndex {
 public:
  static Result<SegmentIndex> open(sqlite::Database& database);

  struct Segment {
    int64_t id = 0;
    Seq first = 0;
    Seq last = 0;
  };
  // Those that may hold facts after `after` and not older than `since_ms`, rising.
  Result<std::vector<Segment>> segments(Seq after, int64_t since_ms);
  // The facts of one segment with this key, rising.
  Result<std::vector<Seq>> find(const Segment& segment, Field field, int64_t key);

 private:
  SegmentIndex(sqlite::Statement segments, sqlite::Statement blocks)
      : segments_(std::move(segments)), blocks_(std::move(blocks)) {}
  sqlite::Statement segments_;
  sqlite::Statement blocks_;
};

}  // namespace capstan::ledger
