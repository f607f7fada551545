#include "telemetry/metrics/head_index.h"

#include <algorithm>
#include <set>

namespace capstan::telemetry {
namespace {

void take_away(Postings& from, const Postings& numbers) {
  std::erase_if(from, [&](SeriesNumber number) { return std::ranges::binary_search(numbers, number); });
}

}  // namespace

void HeadIndex::add(SeriesNumber number, const Labels& labels) {
  all_.push_back(number);
  for (const auto& [name, value] : labels) names_[name][value].push_back(number);
}

void HeadIndex::remove(const Postings& numbers, const std::vector<const Labels*>& labels) {
  if (numbers.empty()) return;
  take_away(all_, numbers);
  std::set<Labels::Pair> touched;
  for (const Labels* one : labels) touched.insert(one->begin(), one->end());
  for (const auto& [name, value] : touched) {
    const auto values = names_.find(name);
    if (values == names_.end()) continue;
    const auto postings = values->second.find(value);
    if (postings == values->second.end()) continue;
    take_away(postings->second, numbers);
    if (postings->second.empty()) values->second.erase(postings);
    if (values->second.empty()) names_.erase(values);
  }
}

PostingsView HeadIndex::with(std::string_view name, std::string_view value) const {
  const auto values = names_.find(name);
  if (values == names_.end()) return {};
  const auto postings = values->second.find(value);
  return postings == values->second.end() ? PostingsView() : PostingsView(postings->second);
}

void HeadIndex::each_value(std::string_view name,
                           const std::function<void(std::string_view value, PostingsView series)>& use) const {
  const auto values = names_.find(name);
  if (values == names_.end()) return;
  for (const auto& [value, postings] : values->second) use(value, postings);
}

void HeadIndex::each_name(const std::function<void(std::string_view name)>& use) const {
  for (const auto& [name, values] : names_) use(name);
}

}  // namespace capstan::telemetry
