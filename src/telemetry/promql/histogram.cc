#include "telemetry/promql/histogram.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "telemetry/promql/printer.h"
#include "telemetry/promql/series_functions.h"

namespace capstan::telemetry::promql {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr std::string_view kBound = "le";

// Relative equality; smaller differences come from adding floating point numbers in another order.
bool almost_equal(double a, double b) {
  constexpr double kTolerance = 1e-12;
  if (a == b) return true;
  const double size = std::abs(a) + std::abs(b);
  const double difference = std::abs(a - b);
  constexpr double kLeast = std::numeric_limits<double>::min();
  if (a == 0 || b == 0 || size < kLeast) return difference < kTolerance * kLeast;
  return difference / std::min(size, std::numeric_limits<double>::max()) < kTolerance;
}

// Sorted by bound, equal bounds added up. False when the highest is not +Inf.
bool put_in_order(std::vector<Bucket>& buckets) {
  std::ranges::sort(buckets, {}, &Bucket::upper_bound);
  if (buckets.empty() || buckets.back().upper_bound != kInf) return false;
  size_t kept = 0;
  for (size_t i = 1; i < buckets.size(); ++i) {
    if (buckets[i].upper_bound == buckets[kept].upper_bound) {
      buckets[kept].count += buckets[i].count;
    } else {
      buckets[++kept] = buckets[i];
    }
  }
  buckets.resize(kept + 1);
  return true;
}

void level(std::vector<Bucket>& buckets) {
  double highest = buckets.front().count;
  for (Bucket& bucket : buckets) {
    if (almost_equal(highest, bucket.count) || bucket.count < highest) {
      bucket.count = highest;
    } else {
      highest = bucket.count;
    }
  }
}

std::optional<double> parse_bound(std::string_view text) {
  if (text == "+Inf" || text == "Inf" || text == "+inf" || text == "inf") return kInf;
  if (text == "-Inf" || text == "-inf") return -kInf;
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// The buckets of one histogram: series that differ in nothing but `le`.
struct Histogram {
  SharedLabels labels;
  std::vector<std::pair<double, std::vector<double>>> buckets;  // Bound and count per step.

  std::vector<Bucket> at(size_t step) const {
    std::vector<Bucket> present;
    for (const auto& [bound, counts] : buckets) {
      if (!is_absent(counts[step])) present.push_back({bound, counts[step]});
    }
    return present;
  }
};

struct Histograms {
  std::vector<Histogram> list;
  Budget::Held held;
};

Result<Histograms> collect_histograms(Evaluator& evaluator, const Expr& input, const Grid& grid) {
  Histograms histograms;
  std::map<Labels, size_t> index;
  TRY(evaluator.vector(input, grid, [&](StepSeries&& series) -> Status {
    const std::optional<double> bound = parse_bound(series.labels->get(kBound));
    if (!bound) return {};  // No bucket of a histogram.
    Labels labels = *series.labels;
    labels.set(kBound, "");
    const auto [found, added] = index.try_emplace(std::move(labels), histograms.list.size());
    if (added) histograms.list.push_back({without_name(std::make_shared<const Labels>(found->first)), {}});
    TRY(evaluator.budget().hold_more(histograms.held, series.values.size() * sizeof(double)));
    histograms.list[found->second].buckets.emplace_back(*bound, std::move(series.values));
    return {};
  }));
  return histograms;
}

// `compute(buckets, step)` for every histogram and step; `name_result` may add to the labels.
template <class Compute, class NameResult>
Status give(Evaluator& evaluator, const Histograms& histograms, const Grid& grid, SeriesMerger& merger, Compute compute,
            NameResult name_result) {
  for (const Histogram& histogram : histograms.list) {
    StepSeries out{name_result(histogram.labels), std::vector<double>(grid.count, absent_value())};
    for (size_t i = 0; i < grid.count; ++i) {
      if (i % 256 == 255) TRY(evaluator.budget().check());
      std::vector<Bucket> buckets = histogram.at(i);
      if (!buckets.empty()) out.values[i] = compute(std::move(buckets), i);
    }
    if (!out.is_empty()) TRY(merger.add(std::move(out)));
  }
  return {};
}

const auto kSameName = [](const SharedLabels& labels) { return labels; };

}  // namespace

double bucket_quantile(double q, std::vector<Bucket> buckets) {
  if (std::isnan(q)) return kNan;
  if (q < 0) return -kInf;
  if (q > 1) return kInf;
  if (!put_in_order(buckets)) return kNan;
  level(buckets);
  if (buckets.size() < 2 || buckets.back().count == 0 || std::isnan(buckets.back().count)) return kNan;
  double rank = q * buckets.back().count;
  const size_t last = buckets.size() - 1;
  size_t at = 0;
  while (at < last && !(buckets[at].count >= rank)) ++at;
  if (at == last) return buckets[last - 1].upper_bound;
  if (at == 0 && buckets[0].upper_bound <= 0) return buckets[0].upper_bound;
  const double begin = at > 0 ? buckets[at - 1].upper_bound : 0;
  const double below = at > 0 ? buckets[at - 1].count : 0;
  rank -= below;
  return begin + (buckets[at].upper_bound - begin) * (rank / (buckets[at].count - below));
}

double bucket_fraction(double lower, double upper, std::vector<Bucket> buckets) {
  if (!put_in_order(buckets)) return kNan;
  const double total = buckets.back().count;
  if (total == 0 || std::isnan(total) || std::isnan(lower) || std::isnan(upper)) return kNan;
  if (lower >= upper) return 0;
  // How many observations lie at or below a value. Buckets that start above zero are taken to hold nothing negative.
  const auto rank_of = [&](double value) {
    double below = 0;
    double begin = buckets.front().upper_bound > 0 ? 0 : -kInf;
    for (const Bucket& bucket : buckets) {
      if (value <= begin) return below;
      if (value < bucket.upper_bound) {
        const double share = std::isinf(bucket.upper_bound) ? 0
                             : std::isinf(begin)            ? 1
                                                            : (value - begin) / (bucket.upper_bound - begin);
        return std::min(below + (bucket.count - below) * share, total);
      }
      below = bucket.count;
      begin = bucket.upper_bound;
    }
    return total;
  };
  return (rank_of(upper) - rank_of(lower)) / total;
}

Status histogram_quantile(Evaluator& evaluator, const Expr& expr, const Grid& grid, const SeriesSink& sink) {
  const Call& call = *expr.as<Call>();
  const std::vector<double> quantiles = TRY(evaluator.scalar(*call.arguments[0], grid));
  const Histograms histograms = TRY(collect_histograms(evaluator, *call.arguments[1], grid));
  SeriesMerger merger(evaluator.budget());
  const auto compute = [&](std::vector<Bucket> buckets, size_t step) {
    return bucket_quantile(quantiles[step], std::move(buckets));
  };
  TRY(give(evaluator, histograms, grid, merger, compute, kSameName));
  return merger.finish(sink);
}

Status histogram_quantiles(Evaluator& evaluator, const Expr& expr, const Grid& grid, const SeriesSink& sink) {
  const Call& call = *expr.as<Call>();
  const Histograms histograms = TRY(collect_histograms(evaluator, *call.arguments[0], grid));
  const std::string& label = string_argument(call, 1);
  SeriesMerger merger(evaluator.budget());
  for (size_t i = 2; i < call.arguments.size(); ++i) {
    const std::vector<double> quantiles = TRY(evaluator.scalar(*call.arguments[i], grid));
    const auto compute = [&](std::vector<Bucket> buckets, size_t step) {
      return bucket_quantile(quantiles[step], std::move(buckets));
    };
    TRY(give(evaluator, histograms, grid, merger, compute, [&](const SharedLabels& labels) {
      Labels named = *labels;
      named.set(label, format_value(quantiles.front()));
      return std::make_shared<const Labels>(std::move(named));
    }));
  }
  return merger.finish(sink);
}

Status histogram_fraction(Evaluator& evaluator, const Expr& expr, const Grid& grid, const SeriesSink& sink) {
  const Call& call = *expr.as<Call>();
  const std::vector<double> lower = TRY(evaluator.scalar(*call.arguments[0], grid));
  const std::vector<double> upper = TRY(evaluator.scalar(*call.arguments[1], grid));
  const Histograms histograms = TRY(collect_histograms(evaluator, *call.arguments[2], grid));
  SeriesMerger merger(evaluator.budget());
  const auto compute = [&](std::vector<Bucket> buckets, size_t step) {
    return bucket_fraction(lower[step], upper[step], std::move(buckets));
  };
  TRY(give(evaluator, histograms, grid, merger, compute, kSameName));
  return merger.finish(sink);
}

}  // namespace capstan::telemetry::promql
