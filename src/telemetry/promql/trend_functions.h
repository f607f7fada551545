// Where a series is heading: regression and smoothing.
#pragma once

#include "telemetry/promql/window.h"

namespace capstan::telemetry::promql {

// The slope per second of the least-squares line.
double deriv_of(const Window& window);
// The value of that line parameters[0] seconds after the evaluation.
double predict_linear_of(const Window& window);
// Holt's linear method; parameters are the smoothing and the trend factor, both checked to lie in (0, 1) before.
double double_exponential_smoothing_of(const Window& window);

}  // namespace capstan::telemetry::promql
