// Binary operators: between numbers, between a vector and a number, between vectors.
#pragma once

#include <vector>

#include "telemetry/promql/ast.h"
#include "telemetry/promql/evaluator.h"

namespace capstan::telemetry::promql {

// What an operator makes of two values: for comparisons `value` is the left one and `keep` whether it holds.
struct Outcome {
  double value = 0;
  bool keep = true;
};
Outcome apply(BinaryOp op, double left, double right);

Result<std::vector<double>> evaluate_scalar_binary(Evaluator& evaluator, const Binary& node, const Grid& grid);
Status evaluate_binary(Evaluator& evaluator, const Expr& expr, const Grid& grid, const SeriesSink& sink);

// Arithmetic and comparisons between vectors; see "Vector matching" in Prometheus' documentation.
Status evaluate_matching(Evaluator& evaluator, const Binary& node, const Grid& grid, const SeriesSink& sink);
// and, or, unless.
Status evaluate_set(Evaluator& evaluator, const Binary& node, const Grid& grid, const SeriesSink& sink);

}  // namespace capstan::telemetry::promql
