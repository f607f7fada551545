// The *_over_time family: one number for the samples of a window.
#pragma once

#include "telemetry/promql/window.h"

namespace capstan::telemetry::promql {

double avg_over_time(const Window& window);
double min_over_time(const Window& window);
double max_over_time(const Window& window);
double sum_over_time(const Window& window);
double count_over_time(const Window& window);
double first_over_time(const Window& window);
double last_over_time(const Window& window);
double present_over_time(const Window& window);
double stddev_over_time(const Window& window);
double stdvar_over_time(const Window& window);
// The median of the distances from the median.
double mad_over_time(const Window& window);
// parameters[0] is the quantile.
double quantile_over_time(const Window& window);

// When it was, in Unix seconds; of equal values the last.
double ts_of_first_over_time(const Window& window);
double ts_of_last_over_time(const Window& window);
double ts_of_max_over_time(const Window& window);
double ts_of_min_over_time(const Window& window);

}  // namespace capstan::telemetry::promql
