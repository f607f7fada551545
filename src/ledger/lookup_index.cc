#include "ledger/lookup_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>

namespace capstan::ledger {
namespace {

constexpr size_t kEntryBytes = 10;     // The key and the offset within the segment, little-endian.
constexpr size_t kBlockEntries = 390;  // Just under a page of 4096 bytes.

struct Entry {
  int64_t key;
  uint16_t offset;
  auto operator<=>(const Entry&) const = default;
};

void put(std::string& out, const Entry& entry) {
  char bytes[kEntryBytes];
  std::memcpy(bytes, &entry.key, 8);
  std::memcpy(bytes + 8, &entry.offset, 2);
  out.append(bytes, kEntryBytes);
}

Entry entry_at(std::string_view block, size_t index) {
  Entry entry{};
  std::memcpy(&entry.key, block.data() + index * kEntryBytes, 8);
  std::memcpy(&entry.offset, block.data() + index * kEntryBytes + 8, 2);
  return entry;
}

static_assert(std::endian::native == std::endian::little, "blocks are written as the processor holds them");

// Facts without a cause need no entry: nobody looks for what nothing caused.
std::vector<Entry> sorted_entries(const std::vector<int64_t>& keys, bool skip_zero) {
  std::vector<Entry> entries;
  entries.reserve(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (skip_zero && keys[i] == 0) continue;
    entries.push_back({keys[i], static_cast<uint16_t>(i)});
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

Status write_blocks(sqlite::Statement& insert, int64_t segment, int field, const std::vector<Entry>& entries) {
  std::string block;
  int64_t number = 0;
  for (size_t begin = 0; begin < entries.size(); begin += kBlockEntries) {
    const size_t end = std::min(begin + kBlockEntries, entries.size());
    block.clear();
    for (size_t i = begin; i < end; ++i) put(block, entries[i]);
    insert.with(segment, field, entries[end - 1].key, number++);
    insert.bind_blob_in_place(5, block);
    TRY(insert.run());
  }
  return {};
}

}  // namespace

int64_t subject_key(std::string_view subject) {
  // FNV-1a, then the finalizer of SplitMix64 to spread it; both are public domain.
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (unsigned char c : subject) hash = (hash ^ c) * 0x100000001b3ULL;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<int64_t>(hash ^ (hash >> 31));
}

void TailIndex::add(std::span<const IndexedFact> facts) {
  std::unique_lock lock(mutex_);
  for (const IndexedFact& fact : facts) {
    if (stretches_.empty() || stretches_.back().at_ms.size() == kSegmentFacts) {
      const Seq first = sealed_ + stretches_.size() * kSegmentFacts + 1;
      Stretch& stretch = stretches_.emplace_back();
      stretch.first = first;
      stretch.at_ms.reserve(kSegmentFacts);
      for (std::vector<int64_t>& keys : stretch.keys) keys.reserve(kSegmentFacts);
    }
    Stretch& stretch = stretches_.back();
    stretch.at_ms.push_back(fact.at_ms);
    for (int field = 0; field < kFields; ++field) stretch.keys[field].push_back(fact.keys[field]);
  }
}

bool TailIndex::has_full_segment() const {
  std::shared_lock lock(mutex_);
  return !stretches_.empty() && stretches_.front().at_ms.size() == kSegmentFacts;
}

Status TailIndex::seal(sqlite::Database& database, const std::function<Result<std::string>(Seq)>& anchor_of) {
  // Only this thread changes the stretches, so it may read them without the lock.
  const Stretch& stretch = stretches_.front();
  const int64_t id = static_cast<int64_t>((stretch.first - 1) / kSegmentFacts);
  sqlite::Statement insert =
      TRY(database.prepare("INSERT INTO posting(segment, field, last_key, block, entries) VALUES(?1, ?2, ?3, ?4, ?5)"));
  for (int field = 0; field < kFields; ++field) {
    const bool skip_zero = field == static_cast<int>(Field::kCause);
    TRY(write_blocks(insert, id, field, sorted_entries(stretch.keys[field], skip_zero)));
  }
  const Seq last = stretch.first + kSegmentFacts - 1;
  const auto [min_at, max_at] = std::minmax_element(stretch.at_ms.begin(), stretch.at_ms.end());
  sqlite::Statement segment = TRY(
      database.prepare("INSERT INTO segment(id, first, last, min_at, max_at, anchor) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"));
  segment.with(id, stretch.first, last, *min_at, *max_at);
  segment.bind_blob(6, TRY(anchor_of(last)));
  return segment.run();
}

void TailIndex::drop_sealed() {
  std::unique_lock lock(mutex_);
  sealed_ += kSegmentFacts;
  stretches_.pop_front();
}

std::vector<Seq> TailIndex::find(Field field, int64_t key) const {
  std::shared_lock lock(mutex_);
  std::vector<Seq> found;
  for (const Stretch& stretch : stretches_) {
    const std::vector<int64_t>& keys = stretch.keys[static_cast<int>(field)];
    for (size_t i = 0; i < keys.size(); ++i) {
      if (keys[i] == key) found.push_back(stretch.first + i);
    }
  }
  return found;
}

Result<SegmentIndex> SegmentIndex::open(sqlite::Database& database) {
  sqlite::Statement segments =
      TRY(database.prepare("SELECT id, first, last FROM segment WHERE last > ?1 AND max_at >= ?2 ORDER BY id"));
  sqlite::Statement blocks =
      TRY(database.prepare("SELECT entries FROM posting WHERE segment = ?1 AND field = ?2 AND last_key >= ?3 "
                           "ORDER BY last_key, block"));
  return SegmentIndex(std::move(segments), std::move(blocks));
}

Result<std::vector<SegmentIndex::Segment>> SegmentIndex::segments(Seq after, int64_t since_ms) {
  std::vector<Segment> found;
  segments_.with(after, since_ms);
  while (TRY(segments_.step())) {
    found.push_back({.id = segments_.integer(0),
                     .first = static_cast<Seq>(segments_.integer(1)),
                     .last = static_cast<Seq>(segments_.integer(2))});
  }
  return found;
}

Result<std::vector<Seq>> SegmentIndex::find(const Segment& segment, Field field, int64_t key) {
  std::vector<Seq> found;
  blocks_.with(segment.id, static_cast<int>(field), key);
  bool more = true;
  while (more && TRY(blocks_.step())) {
    const std::string_view block = blocks_.blob(0);
    const size_t count = block.size() / kEntryBytes;
    size_t low = 0;
    for (size_t high = count; low < high;) {
      const size_t middle = (low + high) / 2;
      if (entry_at(block, middle).key < key) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    for (; low < count && entry_at(block, low).key == key; ++low) {
      found.push_back(segment.first + entry_at(block, low).offset);
    }
    more = low == count;  // Else a greater key follows, and this one has no more.
  }
  blocks_.reset();
  return found;
}

}  // namespace capstan::ledger
