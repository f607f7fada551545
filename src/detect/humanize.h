// Numbers as people read them, with the digits and units of Prometheus' template functions.
#pragma once

#include <string>

namespace capstan::detect {

std::string humanize(double value);                   // 1234567 is "1.235M"
std::string humanize_1024(double value);              // 1048576 is "1Mi"
std::string humanize_duration(double seconds);        // 3725 is "1h 2m 5s"
std::string humanize_percentage(double ratio);        // 0.1234 is "12.34%"
std::string humanize_timestamp(double unix_seconds);  // "2026-01-08 18:00:00 +0000 UTC"

}  // namespace capstan::detect
