#include "explain/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace capstan::explain {
namespace {

// The fields that tell a person which one is meant, where a kind has them.
constexpr std::array<std::string_view, 5> kTellingFields = {"pid", "user", "mountpoint", "path", "port"};
// More numbers than this help nobody.
constexpr size_t kMostListed = 4;

// "host_listening_port" is a "listening port": the first word of a kind names the technology.
std::string kind_in_words(const std::string& kind) {
  std::string words = kind.substr(kind.find('_') == std::string::npos ? 0 : kind.find('_') + 1);
  std::ranges::replace(words, '_', ' ');
  return words;
}

std::string plural(std::string noun) {
  if (noun.ends_with("s") || noun.ends_with("x")) return noun + "es";
  if (noun.ends_with("y")) return noun.substr(0, noun.size() - 1) + "ies";
  return noun + "s";
}

std::string field_text(const Resource& resource, std::string_view field) {
  const Json& value = resource.fields[field];
  if (value.is_null()) return {};
  return value.is_string() ? value.string_or_empty() : value.dump();
}

// "a, b and 3 more"; a name that many share is said once.
std::string names_of(const std::vector<Resource>& resources) {
  std::vector<std::string> names;
  for (const Resource& resource : resources) {
    if (std::ranges::find(names, resource.name) == names.end()) names.push_back(resource.name);
  }
  const size_t left_out = names.size() > kMostListed ? names.size() - kMostListed : 0;
  names.resize(names.size() - left_out);
  return fmt::format("{}{}", fmt::join(names, ", "), left_out > 0 ? fmt::format(" and {} more", left_out) : "");
}

}  // namespace

std::string describe(const Resource& resource) { return describe_group({resource}); }

std::string describe_group(const std::vector<Resource>& resources) {
  if (resources.empty()) return "nothing";
  const Resource& first = resources.front();
  std::string details;
  for (std::string_view field : kTellingFields) {
    std::vector<std::string> values;
    for (const Resource& resource : resources) {
      std::string value = field_text(resource, field);
      if (value.empty() || value == resource.name || std::ranges::find(values, value) != values.end()) continue;
      values.push_back(std::move(value));
    }
    if (values.empty()) continue;
    const size_t left_out = values.size() > kMostListed ? values.size() - kMostListed : 0;
    values.resize(values.size() - left_out);
    details += fmt::format("{}{} {}{}", details.empty() ? "" : ", ", field, fmt::join(values, ", "),
                           left_out > 0 ? fmt::format(" and {} more", left_out) : "");
  }
  std::string text = resources.size() == 1 ? fmt::format("{} {}", kind_in_words(first.kind), first.name)
                                           : fmt::format("{} {} {}", resources.size(),
                                                         plural(kind_in_words(first.kind)), names_of(resources));
  if (!details.empty()) text += " (" + details + ")";
  return text;
}

std::string say_duration(Duration duration) {
  const int64_t seconds = std::llabs(std::llround(to_seconds(duration)));
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7200) return fmt::format("{} min", seconds / 60);
  if (seconds < 172'800) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} days", seconds / 86'400);
}

std::optional<Time> time_field(const Resource& resource, std::string_view key) {
  const Json& value = resource.fields[key];
  if (!value.is_string()) return std::nullopt;
  const Result<Time> time = parse_time(value.string_or_empty());
  return time ? std::optional(*time) : std::nullopt;
}

}  // namespace capstan::explain
