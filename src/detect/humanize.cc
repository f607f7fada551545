#include "detect/humanize.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <ctime>
#include <span>
#include <string_view>

#include "detect/template_value.h"

namespace capstan::detect {
namespace {

constexpr int kDigits = 4;
constexpr double kLastSecond = 253'402'300'799;  // The end of the year 9999.

std::string scaled_down(double value, double step, std::span<const std::string_view> prefixes) {
  std::string_view prefix;
  for (std::string_view next : prefixes) {
    if (std::abs(value) < step) break;
    prefix = next;
    value /= step;
  }
  return go_number(value, kDigits) + std::string(prefix);
}

std::string scaled_up(double value) {
  std::string_view prefix;
  for (std::string_view next : {"m", "u", "n", "p", "f", "a", "z", "y"}) {
    if (std::abs(value) >= 1) break;
    prefix = next;
    value *= 1000;
  }
  return go_number(value, kDigits) + std::string(prefix);
}

}  // namespace

std::string humanize(double value) {
  if (value == 0 || !std::isfinite(value)) return go_number(value, kDigits);
  constexpr std::array<std::string_view, 8> kPrefixes = {"k", "M", "G", "T", "P", "E", "Z", "Y"};
  return std::abs(value) >= 1 ? scaled_down(value, 1000, kPrefixes) : scaled_up(value);
}

std::string humanize_1024(double value) {
  if (std::abs(value) <= 1 || !std::isfinite(value)) return go_number(value, kDigits);
  constexpr std::array<std::string_view, 8> kPrefixes = {"ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"};
  return scaled_down(value, 1024, kPrefixes);
}

std::string humanize_duration(double value) {
  if (!std::isfinite(value)) return go_number(value, kDigits);
  if (value == 0) return "0s";
  if (std::abs(value) < 1) return scaled_up(value) + "s";
  const std::string sign = value < 0 ? "-" : "";
  value = std::abs(value);
  if (value >= 9e18) return sign + go_number(value, kDigits) + "s";
  const auto whole = static_cast<int64_t>(value);
  const int64_t days = whole / 86'400;
  const int64_t hours = whole / 3'600 % 24;
  const int64_t minutes = whole / 60 % 60;
  const int64_t seconds = whole % 60;
  if (days != 0) return fmt::format("{}{}d {}h {}m {}s", sign, days, hours, minutes, seconds);
  if (hours != 0) return fmt::format("{}{}h {}m {}s", sign, hours, minutes, seconds);
  if (minutes != 0) return fmt::format("{}{}m {}s", sign, minutes, seconds);
  return sign + go_number(value, kDigits) + "s";
}

std::string humanize_percentage(double ratio) { return go_number(ratio * 100, kDigits) + "%"; }

std::string humanize_timestamp(double unix_seconds) {
  if (!std::isfinite(unix_seconds) || std::abs(unix_seconds) > kLastSecond) return go_number(unix_seconds, kDigits);
  const auto ms = static_cast<int64_t>(std::floor(unix_seconds * 1000));
  const int64_t within = ((ms % 1000) + 1000) % 1000;
  const auto seconds = static_cast<std::time_t>((ms - within) / 1000);
  std::string fraction;
  if (within != 0) {
    fraction = fmt::format(".{:03}", within);
    while (fraction.back() == '0') fraction.pop_back();
  }
  return fmt::format("{:%Y-%m-%d %H:%M:%S}{} +0000 UTC", fmt::gmtime(seconds), fraction);
}

}  // namespace capstan::detect
