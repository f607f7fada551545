// Functions of one value: rounding, clamping, and the parts of a date.
#pragma once

#include <span>

namespace capstan::telemetry::promql {

using Parameters = std::span<const double>;

// To the nearest multiple of parameters[0] (1 where none is given); halves go up.
double round_to(double value, Parameters parameters);
double sign_of(double value, Parameters);
// Absent where the minimum lies above the maximum.
double clamp_between(double value, Parameters parameters);
double clamp_to_min(double value, Parameters parameters);
double clamp_to_max(double value, Parameters parameters);

// Of a Unix time in seconds, in UTC; NaN for what is no time.
double minute_of(double seconds, Parameters);
double hour_of(double seconds, Parameters);
double day_of_week(double seconds, Parameters);  // 0 is Sunday.
double day_of_month(double seconds, Parameters);
double day_of_year(double seconds, Parameters);
double days_in_month(double seconds, Parameters);
double month_of(double seconds, Parameters);
double year_of(double seconds, Parameters);

}  // namespace capstan::telemetry::promql
