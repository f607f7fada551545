// Functions that need whole series: those about absence, order, labels and time.
#pragma once

#include "telemetry/promql/evaluator.h"

namespace capstan::telemetry::promql {

Status absent_of(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink);
Status absent_over_time(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink);
Status vector_of(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink);
Status timestamp_of(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink);

// Order matters only for the result of an instant query; over a range these pass series on.
Status sort_by_value(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink);
Status sort_by_value_falling(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink);
Status sort_by_label(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink);
Status sort_by_label_falling(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink);

Status label_replace(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink);
Status label_join(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink);

// The text of an argument that the type check knows to be a string.
const std::string& string_argument(const Call& call, size_t index);

}  // namespace capstan::telemetry::promql
