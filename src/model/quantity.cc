#include "model/quantity.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace capstan {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 6> kBinary = {
    {{"Ki", 0x1p10}, {"Mi", 0x1p20}, {"Gi", 0x1p30}, {"Ti", 0x1p40}, {"Pi", 0x1p50}, {"Ei", 0x1p60}}};
constexpr std::array<std::pair<std::string_view, double>, 9> kDecimal = {
    {{"n", 1e-9}, {"u", 1e-6}, {"m", 1e-3}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}, {"P", 1e15}, {"E", 1e18}}};

std::optional<double> scale_of(std::string_view suffix) {
  if (suffix.empty()) return 1.0;
  for (const auto& [name, scale] : kBinary) {
    if (name == suffix) return scale;
  }
  for (const auto& [name, scale] : kDecimal) {
    if (name == suffix) return scale;
  }
  return std::nullopt;
}

}  // namespace

std::optional<double> parse_quantity(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  size_t end = text.find_first_not_of("0123456789.");
  if (end == std::string_view::npos) end = text.size();
  // "1E" is exa, "1E3" a thousand.
  const bool exponent = end + 1 < text.size() && (text[end] == 'e' || text[end] == 'E');
  if (exponent) {
    const size_t digits = text.find_first_not_of("+-", end + 1);
    const size_t after = digits == std::string_view::npos ? digits : text.find_first_not_of("0123456789", digits);
    if (digits == std::string_view::npos || digits > end + 2 || after != std::string_view::npos) return std::nullopt;
    end = text.size();
  }
  std::string number(text.substr(0, end));
  if (const size_t plus = number.find('+'); plus != std::string::npos) number.erase(plus, 1);
  if (number.empty() || number == ".") return std::nullopt;
  double value = 0;
  const auto [last, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || last != number.data() + number.size()) return std::nullopt;
  const std::optional<double> scale = scale_of(text.substr(end));
  if (!scale) return std::nullopt;
  return (negative ? -value : value) * *scale;
}

std::string bytes_quantity(double bytes) {
  const double whole = std::ceil(bytes);
  for (size_t i = kBinary.size(); i-- > 0;) {
    const auto& [suffix, scale] = kBinary[i];
    if (whole >= scale && std::fmod(whole, scale) == 0) return fmt::format("{:.0f}{}", whole / scale, suffix);
  }
  return fmt::format("{:.0f}", whole);
}

std::string cores_quantity(double cores) {
  const double thousandths = std::round(cores * 1'000);
  return std::fmod(thousandths, 1'000) == 0 ? fmt::format("{:.0f}", thousandths / 1'000)
                                            : fmt::format("{:.0f}m", thousandths);
}

}  // namespace capstan
