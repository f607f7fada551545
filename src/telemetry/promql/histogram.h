// Quantiles and fractions of classic histograms: cumulative counts in buckets by their upper bound `le`.
#pragma once

#include <vector>

#include "telemetry/promql/evaluator.h"

namespace capstan::telemetry::promql {

struct Bucket {
  double upper_bound = 0;
  double count = 0;  // Of this bucket and all below.
};

// Interpolates linearly within the bucket that holds the quantile. NaN without a +Inf bucket or observations. Counts
// that fall from one bucket to the next, as those of a scrape in mid-update do, are levelled.
double bucket_quantile(double q, std::vector<Bucket> buckets);
// The share of observations between two values.
double bucket_fraction(double lower, double upper, std::vector<Bucket> buckets);

Status histogram_quantile(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink);
Status histogram_quantiles(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink);
Status histogram_fraction(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink);

}  // namespace capstan::telemetry::promql
