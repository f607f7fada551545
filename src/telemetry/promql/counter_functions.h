// rate and its relatives: how fast a series grows or changes.
#pragma once

#include "telemetry/promql/window.h"

namespace capstan::telemetry::promql {

// Extrapolated to the edges of the window where samples come near enough to them; two samples are needed.
// Source: Prometheus documentation, "rate()", and its discussion of extrapolation.
double rate_of(const Window& window);
double increase_of(const Window& window);
double delta_of(const Window& window);

// From the last two samples only.
double irate_of(const Window& window);
double idelta_of(const Window& window);

double resets_of(const Window& window);
double changes_of(const Window& window);

}  // namespace capstan::telemetry::promql
