#include "connect/prometheus/target_series.h"

#include <fmt/format.h>

#include <algorithm>

#include "connect/prometheus/series_text.h"

namespace capstan::prometheus {
namespace {

// Of one page. Their texts are remembered too, and sample_limit does not count them.
constexpr size_t kMostDropped = 1'000'000;

// What a target says of itself and what we know of it, joined as `honor_labels` wants.
void attach_target_labels(Labels& labels, const Target& target) {
  for (const auto& [name, value] : target.labels) {
    const std::string own(labels.get(name));
    if (own.empty()) {
      labels.set(name, value);
    } else if (!target.job->honor_labels) {
      std::string renamed = "exported_" + name;
      while (labels.has(renamed) || target.labels.has(renamed)) renamed.insert(0, "exported_");
      labels.set(renamed, own);
      labels.set(name, value);
    }
  }
}

Status check_limits(const Labels& labels, const ScrapeJob& job) {
  if (labels.size() > job.label_limit) {
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("a series has {} labels, the limit is {}", labels.size(), job.label_limit));
  }
  for (const auto& [name, value] : labels) {
    if (name.size() > job.label_name_length_limit || value.size() > job.label_value_length_limit) {
      return fail(ErrorCode::kResourceExhausted,
                  fmt::format("the label '{}' or its value is longer than the limit ({} and {} bytes)",
                              name.substr(0, 60), job.label_name_length_limit, job.label_value_length_limit));
    }
  }
  return {};
}

}  // namespace

TargetSeries::Text* TargetSeries::find(std::string_view text) {
  if (guess_ < last_order_.size() && last_order_[guess_]->text == text) return last_order_[guess_++];
  const auto found = texts_.find(text);
  if (found == texts_.end()) return nullptr;
  guess_ = found->second->position + 1;
  return found->second.get();
}

uint32_t TargetSeries::slot_of(Labels labels, Counts& counts) {
  const uint64_t hash = labels.hash();
  const auto [first, last] = slots_by_hash_.equal_range(hash);
  for (auto at = first; at != last; ++at) {
    if (samples_[at->second].labels == labels) return at->second;
  }
  const auto slot = static_cast<uint32_t>(samples_.size());
  samples_.push_back({std::move(labels), {}});
  slots_.emplace_back();
  slots_by_hash_.emplace(hash, slot);
  ++counts.added;
  return slot;
}

Result<TargetSeries::Text*> TargetSeries::learn(const RawSample& raw, const Target& target, Counts& counts) {
  Result<Labels> labels = parse_series(raw.series);
  if (!labels) {
    labels.error().where.line = raw.line;
    return fail(std::move(labels.error()));
  }
  attach_target_labels(*labels, target);
  auto text = std::make_unique<Text>();
  text->text = raw.series;
  if (relabel(*labels, target.job->metric_relabel_rules) && !labels->empty()) {
    if (!labels->has(kMetricName)) {
      return fail(ErrorCode::kInvalidArgument, "metric_relabel_configs take away the metric name", {"", raw.line, 0});
    }
    TRY(check_limits(*labels, *target.job));
    text->slot = slot_of(std::move(*labels), counts);
  }
  Text* learned = text.get();
  texts_.emplace(learned->text, std::move(text));
  return learned;
}

void TargetSeries::store(Text& text, const RawSample& raw, int64_t at_ms, const ScrapeJob& job, Counts& counts) {
  if (text.round != round_) {
    text.round = round_;
    text.position = static_cast<uint32_t>(order_.size());
    order_.push_back(&text);
  }
  if (text.slot == kDropped) return;
  ++counts.kept;
  Slot& slot = slots_[text.slot];
  if (slot.round == round_) return;  // The same series twice in a page: the first counts, as in Prometheus.
  slot.round = round_;
  slot.own_timestamp = raw.has_timestamp && job.honor_timestamps;
  samples_[text.slot].sample = {slot.own_timestamp ? raw.at_ms : at_ms, raw.value};
}

Result<TargetSeries::Counts> TargetSeries::read(std::string_view page, Format format, int64_t at_ms,
                                                const Target& target) {
  ++round_;
  guess_ = 0;
  ended_.clear();
  last_order_.swap(order_);
  order_.clear();
  Counts counts;
  ExpositionReader reader(page, format);
  RawSample raw;
  while (TRY(reader.next(raw))) {
    ++counts.scraped;
    Text* text = find(raw.series);
    if (!text) text = TRY(learn(raw, target, counts));
    store(*text, raw, at_ms, *target.job, counts);
    if (counts.kept > target.job->sample_limit) {
      return fail(ErrorCode::kResourceExhausted,
                  fmt::format("more than sample_limit {} samples", target.job->sample_limit));
    }
    if (counts.scraped - counts.kept > kMostDropped) {
      return fail(ErrorCode::kResourceExhausted,
                  fmt::format("metric_relabel_configs drop more than {} samples", kMostDropped));
    }
  }
  end_missing(at_ms);
  return counts;
}

void TargetSeries::end_slot(uint32_t slot, int64_t at_ms) {
  if (!slots_[slot].was_sent || slots_[slot].own_timestamp) return;
  ended_.push_back({std::move(samples_[slot].labels), {at_ms, stale_nan()}});
}

void TargetSeries::end_missing(int64_t at_ms) {
  const bool all_seen = std::ranges::all_of(slots_, [&](const Slot& slot) { return slot.round == round_; });
  if (all_seen && texts_.size() == order_.size()) return;
  std::vector<uint32_t> new_slots(slots_.size(), kDropped);
  std::vector<SeriesSample> samples;
  std::vector<Slot> slots;
  slots_by_hash_.clear();
  for (uint32_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].round != round_) {
      end_slot(i, at_ms);
      continue;
    }
    new_slots[i] = static_cast<uint32_t>(samples.size());
    slots_by_hash_.emplace(samples_[i].labels.hash(), new_slots[i]);
    samples.push_back(std::move(samples_[i]));
    slots.push_back(slots_[i]);
  }
  samples_ = std::move(samples);
  slots_ = std::move(slots);
  drop_unseen_texts(new_slots);
}

void TargetSeries::drop_unseen_texts(const std::vector<uint32_t>& new_slots) {
  last_order_.clear();  // It may point to what goes.
  std::erase_if(texts_, [&](const auto& entry) { return entry.second->round != round_; });
  for (auto& [key, text] : texts_) {
    if (text->slot != kDropped) text->slot = new_slots[text->slot];
  }
}

void TargetSeries::sent() {
  for (Slot& slot : slots_) slot.was_sent = true;
}

void TargetSeries::end_all(int64_t at_ms) {
  ended_.clear();
  for (uint32_t i = 0; i < slots_.size(); ++i) end_slot(i, at_ms);
  samples_.clear();
  slots_.clear();
  slots_by_hash_.clear();
  forget_texts();
}

void TargetSeries::forget_texts() {
  texts_.clear();
  order_.clear();
  last_order_.clear();
}

}  // namespace capstan::prometheus
