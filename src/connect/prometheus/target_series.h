// The series of one target between scrapes: what each exposition line's text means after relabelling, so that a page
// like the last one costs no parsing of labels and no allocation; and which series ended since.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "connect/prometheus/exposition.h"
#include "connect/prometheus/target.h"
#include "model/sample.h"

namespace capstan::prometheus {

// Not thread-safe.
class TargetSeries {
 public:
  struct Counts {
    size_t scraped = 0;  // Lines with a sample.
    size_t kept = 0;     // After metric relabelling.
    size_t added = 0;    // Series that the scrape before did not have.
  };

  // Reads a page. After success `samples` holds its samples and `ended` the stale markers of series that are no longer
  // in it. After an error (position in the page, or a limit) the state is as before but for unsent values: call
  // `end_all`.
  Result<Counts> read(std::string_view page, Format format, int64_t at_ms, const Target& target);

  const std::vector<SeriesSample>& samples() const { return samples_; }
  const std::vector<SeriesSample>& ended() const { return ended_; }

  // The sink took `samples`: their series will get a stale marker when they end.
  void sent();
  // Every series ends: the scrape failed or the target goes. `ended` holds the markers, `samples` nothing.
  void end_all(int64_t at_ms);
  // The meaning of texts changed (other relabelling): they are read anew, series that stay the same go on.
  void forget_texts();

 private:
  static constexpr uint32_t kDropped = UINT32_MAX;

  struct Text {
    std::string text;
    uint32_t slot = kDropped;
    uint32_t position = 0;  // In `order_`.
    uint64_t round = 0;
  };
  struct Slot {
    uint64_t round = 0;
    bool was_sent = false;
    bool own_timestamp = false;  // The exporter says when; such series get no stale marker.
  };

  Text* find(std::string_view text);
  Result<Text*> learn(const RawSample& raw, const Target& target, Counts& counts);
  uint32_t slot_of(Labels labels, Counts& counts);
  void store(Text& text, const RawSample& raw, int64_t at_ms, const ScrapeJob& job, Counts& counts);
  void end_missing(int64_t at_ms);
  void end_slot(uint32_t slot, int64_t at_ms);
  void drop_unseen_texts(const std::vector<uint32_t>& new_slots);

  uint64_t round_ = 0;
  std::unordered_map<std::string_view, std::unique_ptr<Text>> texts_;  // Keys point into the values.
  std::vector<Text*> order_;  // As the last page had them: the next page is likely to.
  std::vector<Text*> last_order_;
  size_t guess_ = 0;  // Where in `last_order_` the next text should be.
  std::vector<SeriesSample> samples_;
  std::vector<Slot> slots_;                                    // Beside `samples_`.
  std::unordered_multimap<uint64_t, uint32_t> slots_by_hash_;  // By the labels' hash.
  std::vector<SeriesSample> ended_;
};

}  // namespace capstan::prometheus
