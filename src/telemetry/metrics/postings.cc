#include "telemetry/metrics/postings.h"

#include <algorithm>
#include <iterator>

namespace capstan::telemetry {
namespace {

// Series with a value of the matcher's label for which matching says `wanted`.
Postings with_values(const LabelIndex& index, const Matcher& matcher, bool wanted) {
  Postings found;
  size_t lists = 0;
  index.each_value(matcher.name(), [&](std::string_view value, PostingsView series) {
    if (matcher.matches(value) != wanted) return;
    found.insert(found.end(), series.begin(), series.end());
    ++lists;
  });
  // A series has one value of a label, so no number comes twice.
  if (lists > 1) std::ranges::sort(found);
  return found;
}

void intersect(Postings& numbers, PostingsView others) {
  Postings both;
  both.reserve(std::min(numbers.size(), others.size()));
  std::ranges::set_intersection(numbers, others, std::back_inserter(both));
  numbers = std::move(both);
}

void subtract(Postings& numbers, PostingsView others) {
  if (others.empty()) return;
  Postings rest;
  rest.reserve(numbers.size());
  std::ranges::set_difference(numbers, others, std::back_inserter(rest));
  numbers = std::move(rest);
}

}  // namespace

Postings find_series(const LabelIndex& index, const std::vector<Matcher>& matchers) {
  // Equality first: it is cheapest and leaves least to the others.
  Postings numbers;
  bool narrowed = false;
  const auto narrow = [&](PostingsView series) {
    if (narrowed) return intersect(numbers, series);
    numbers.assign(series.begin(), series.end());
    narrowed = true;
  };
  for (const Matcher& matcher : matchers) {
    if (matcher.type() != Matcher::Type::kEqual || matcher.value().empty()) continue;
    narrow(index.with(matcher.name(), matcher.value()));
    if (numbers.empty()) return numbers;
  }
  for (const Matcher& matcher : matchers) {
    if (matcher.type() == Matcher::Type::kEqual || matcher.matches("")) continue;
    narrow(with_values(index, matcher, true));
    if (numbers.empty()) return numbers;
  }
  if (!narrowed) narrow(index.all());
  // A matcher that accepts "" accepts series without the label: take away those with a value it refuses.
  for (const Matcher& matcher : matchers) {
    if (matcher.matches("")) subtract(numbers, with_values(index, matcher, false));
  }
  return numbers;
}

bool overlap(PostingsView a, PostingsView b) {
  if (a.size() > b.size()) std::swap(a, b);
  return std::ranges::any_of(a, [&](SeriesNumber number) { return std::ranges::binary_search(b, number); });
}

}  // namespace capstan::telemetry
