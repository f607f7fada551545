// sum by (…) and its relatives.
#pragma once

#include "telemetry/promql/evaluator.h"

namespace capstan::telemetry::promql {

Status aggregate(Evaluator& evaluator, const Expr& expr, const Grid& grid, const SeriesSink& sink);

// topk, bottomk, limitk, limit_ratio: those that pass some of the series on as they are.
Status aggregate_by_choice(Evaluator& evaluator, const Aggregate& node, const Grid& grid, const SeriesSink& sink);

// Tells groups apart: two series with equal keys belong to one group.
class Grouping {
 public:
  explicit Grouping(const Aggregate& node);
  std::string key(const Labels& labels) const;
  Labels labels(const Labels& labels) const;

 private:
  bool without_;
  std::vector<std::string> names_;  // Sorted.
};

}  // namespace capstan::telemetry::promql
