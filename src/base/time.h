// Points in time and spans of it, in milliseconds, and their text forms.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace capstan {

using Duration = std::chrono::milliseconds;
using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;  // Unix time, UTC.

inline Time from_unix_ms(int64_t ms) { return Time(Duration(ms)); }
inline int64_t to_unix_ms(Time time) { return time.time_since_epoch().count(); }
inline double to_unix_seconds(Time time) { return static_cast<double>(to_unix_ms(time)) / 1000.0; }
inline double to_seconds(Duration duration) { return static_cast<double>(duration.count()) / 1000.0; }

// RFC 3339 in UTC with milliseconds: "2026-01-08T18:00:00.000Z".
std::string format_time(Time time);

// Accepts RFC 3339 with any offset, a date and time without offset (UTC), and Unix seconds with a fraction.
Result<Time> parse_time(std::string_view text);

// Prometheus' form: "1h30m", "15s", "500ms"; units y w d h m s ms in falling order, each at most once. "0" is allowed.
// Source: prometheus/common model.ParseDuration, as its documentation describes it.
Result<Duration> parse_duration(std::string_view text);

// The shortest Prometheus form of a duration: 90000 ms is "1m30s".
std::string format_duration(Duration duration);

}  // namespace capstan
