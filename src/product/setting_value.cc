#include "product/setting_value.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/mask_secrets.h"
#include "base/trim.h"

namespace capstan::product {
namespace {

constexpr std::array<std::pair<std::string_view, SettingType>, 6> kTypes = {{
    {"text", SettingType::kText},
    {"integer", SettingType::kInteger},
    {"number", SettingType::kNumber},
    {"boolean", SettingType::kBoolean},
    {"bytes", SettingType::kBytes},
    {"seconds", SettingType::kSeconds},
}};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// The number at the front, which is taken off.
std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return value;
}

std::optional<double> factor_of_bytes(std::string_view unit) {
  const std::string name = lower(unit);
  double factor = 1;
  std::string_view rest = name;
  if (rest.starts_with('8')) {  // PostgreSQL's pages.
    factor = 8;
    rest.remove_prefix(1);
  }
  if (rest.empty() || rest == "b") return factor;
  constexpr std::string_view kPowers = "kmgtp";
  const size_t power = kPowers.find(rest.front());
  const std::string_view tail = rest.substr(1);
  if (power == std::string_view::npos || (!tail.empty() && tail != "b" && tail != "ib")) return std::nullopt;
  return factor * std::pow(1024.0, static_cast<double>(power + 1));
}

std::optional<double> factor_of_seconds(std::string_view unit) {
  const std::string name = lower(unit);
  if (name.empty() || name == "s" || name == "sec") return 1;
  if (name == "us") return 1e-6;
  if (name == "ms") return 1e-3;
  if (name == "m" || name == "min") return 60;
  if (name == "h") return 3600;
  if (name == "d") return 86'400;
  if (name == "w") return 604'800;
  return std::nullopt;
}

// "1m 30s" is the sum of its parts.
template <class Factor>
std::optional<double> measured(std::string_view text, std::string_view unit, const Factor& factor_of) {
  double sum = 0;
  text = trim(text);
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const std::optional<double> number = take_number(text);
    if (!number) return std::nullopt;
    text = trim(text);
    size_t length = 0;
    while (length < text.size() && std::isalpha(static_cast<unsigned char>(text[length]))) ++length;
    const std::optional<double> factor = factor_of(length == 0 ? unit : text.substr(0, length));
    if (!factor) return std::nullopt;
    sum += *number * *factor;
    text = trim(text.substr(length));
  }
  return sum;
}

std::optional<double> truth_of(std::string_view text) {
  const std::string word = lower(text);
  if (word == "on" || word == "true" || word == "yes" || word == "1") return 1;
  if (word == "off" || word == "false" || word == "no" || word == "0") return 0;
  return std::nullopt;
}

std::optional<int> port_of(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || port < 0 || port > 65535)
    return std::nullopt;
  return port;
}

// "host", "host:port", "[v6]:port", ":port", "port".
bool read_authority(std::string_view text, Address& address) {
  if (const size_t at = text.rfind('@'); at != std::string_view::npos) text.remove_prefix(at + 1);
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    address.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (!text.empty() && !text.starts_with(':')) return false;
  } else if (std::ranges::count(text, ':') > 1) {
    address.host = text;  // An IPv6 address without brackets.
    return true;
  } else {
    address.host = text.substr(0, text.find(':'));
    text.remove_prefix(address.host.size());
  }
  if (text.empty()) {
    // A number alone is a port where people write listening addresses.
    const bool number = !address.host.empty() &&
                        std::ranges::all_of(address.host, [](unsigned char c) { return std::isdigit(c) != 0; });
    if (!number) return !address.host.empty();
    const std::optional<int> port = port_of(std::exchange(address.host, ""));
    address.port = port.value_or(0);
    return port.has_value();
  }
  const std::optional<int> port = port_of(text.substr(1));
  address.port = port.value_or(0);
  return port.has_value();
}

// "vendor:thin:@host:port:name" and "vendor:thin:@//host:port/name": what follows the '@'.
std::optional<Address> read_thin(std::string_view text) {
  Address address;
  address.scheme = text.substr(0, text.find(':'));
  text.remove_prefix(text.find('@') + 1);
  if (text.starts_with("//")) text.remove_prefix(2);
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const size_t end = text.find_first_of(":/", colon + 1);
  if (!read_authority(text.substr(0, end), address)) return std::nullopt;
  if (end != std::string_view::npos) address.path = text.substr(end + 1, text.find_first_of("?;", end) - end - 1);
  return address;
}

bool is_host(std::string_view host) {
  return std::ranges::all_of(host, [](unsigned char c) {
    return std::isalnum(c) || std::string_view(".-_:*%${}").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

}  // namespace

std::optional<SettingType> parse_setting_type(std::string_view name) {
  for (const auto& [known, type] : kTypes) {
    if (known == name) return type;
  }
  return std::nullopt;
}

std::optional<double> number_of(SettingType type, std::string_view text, std::string_view unit) {
  text = trim(text);
  switch (type) {
    case SettingType::kText: return std::nullopt;
    case SettingType::kBoolean: return truth_of(text);
    case SettingType::kBytes: return measured(text, unit, factor_of_bytes);
    case SettingType::kSeconds: return measured(text, unit, factor_of_seconds);
    case SettingType::kInteger:
    case SettingType::kNumber: break;
  }
  const std::optional<double> number = take_number(text);
  return text.empty() ? number : std::nullopt;
}

Json typed_value(SettingType type, const std::string& text, std::string_view unit) {
  if (type == SettingType::kText) return without_secrets(text);
  const std::optional<double> number = number_of(type, text, unit);
  if (!number) return {};
  if (type == SettingType::kBoolean) return *number != 0;
  const bool whole = std::floor(*number) == *number && std::abs(*number) < 9e15;
  return whole ? Json(static_cast<int64_t>(*number)) : Json(*number);
}

std::optional<Address> parse_address(std::string_view text) {
  text = trim(text);
  if (text.starts_with("jdbc:")) {
    text.remove_prefix(5);
    if (text.find('@') != std::string_view::npos && text.find("://") == std::string_view::npos) return read_thin(text);
  }
  Address address;
  for (std::string_view prefix : {"unix:", "http://unix:"}) {
    if (!text.starts_with(prefix)) continue;
    address.scheme = "unix";
    address.path = text.substr(prefix.size());
    return address;
  }
  if (const size_t scheme = text.find("://"); scheme != std::string_view::npos) {
    address.scheme = text.substr(0, scheme);
    text.remove_prefix(scheme + 3);
    const size_t end = text.find_first_of("/?;");
    if (end != std::string_view::npos && text[end] == '/') {
      address.path = text.substr(end + 1, text.find_first_of("?;", end) - end - 1);
    }
    text = text.substr(0, end);
    // Of several hosts the first is asked first.
    text = text.substr(0, text.find(','));
  }
  if (!read_authority(text, address) || !is_host(address.host)) return std::nullopt;
  return address;
}

std::string without_secrets(std::string_view text) {
  const size_t scheme = text.find("://");
  if (scheme == std::string_view::npos && !text.starts_with("jdbc:")) return mask_argument(std::string(text));
  std::string shown(text.substr(0, text.find_first_of("?;")));
  // "…thin:user/password@host" has its credentials before the '@' as well.
  const size_t at = shown.rfind('@');
  if (at == std::string::npos) return shown;
  const size_t begin = scheme != std::string_view::npos ? scheme + 3 : shown.rfind(':', at) + 1;
  if (begin < at) shown.replace(begin, at - begin, kMask);
  return shown;
}

}  // namespace capstan::product
