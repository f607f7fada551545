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

// "a, b and 3 more"
Words list_of(std::vector<std::string> names) {
  const size_t left_out = names.size() > kMostListed ? names.size() - kMostListed : 0;
  names.resize(names.size() - left_out);
  Words listed = fmt::format("{}", fmt::join(names, ", "));
  if (left_out == 0) return listed;
  return Words::phrase("list.and_more", {{"names", std::move(listed)}, {"count", std::to_string(left_out)}});
}

// A name that many share is said once.
Words names_of(const std::vector<Resource>& resources) {
  std::vector<std::string> names;
  for (const Resource& resource : resources) {
    if (std::ranges::find(names, resource.name) == names.end()) names.push_back(resource.name);
  }
  return list_of(std::move(names));
}

// "pid 42, 43, user eve"
Words details_of(const std::vector<Resource>& resources) {
  std::vector<Words> details;
  for (std::string_view field : kTellingFields) {
    std::vector<std::string> values;
    for (const Resource& resource : resources) {
      std::string value = field_text(resource, field);
      if (value.empty() || value == resource.name || std::ranges::find(values, value) != values.end()) continue;
      values.push_back(std::move(value));
    }
    if (!values.empty())
      details.push_back(Words::phrase("resource.detail", {{"field", field}, {"values", list_of(std::move(values))}}));
  }
  return Words::joined(details, ", ");
}

Words known_kind(std::string_view group, const std::string& words, const std::string& otherwise) {
  std::string key = words;
  std::ranges::replace(key, ' ', '_');
  return Words::known(fmt::format("{}.{}", group, key), otherwise);
}

}  // namespace

Words describe(const Resource& resource) { return describe_group({resource}); }

Words describe_group(const std::vector<Resource>& resources) {
  if (resources.empty()) return Words::phrase("resource.nothing");
  const Resource& first = resources.front();
  const std::string kind = kind_in_words(first.kind);
  const Words who =
      resources.size() == 1
          ? Words::phrase("resource.one", {{"kind", known_kind("kind", kind, kind)}, {"name", first.name}})
          : Words::phrase("resource.many", {{"count", std::to_string(resources.size())},
                                            {"kinds", known_kind("kinds", kind, plural(kind))},
                                            {"names", names_of(resources)}});
  const Words details = details_of(resources);
  return details.empty() ? who : Words::phrase("resource.detailed", {{"what", who}, {"details", details}});
}

Words say_duration(Duration duration) {
  const int64_t seconds = std::llabs(std::llround(to_seconds(duration)));
  const auto say_count = [](std::string_view phrase, int64_t count) {
    return Words::phrase(phrase, {{"count", std::to_string(count)}});
  };
  if (seconds < 120) return say_count("time.seconds", seconds);
  if (seconds < 7200) return say_count("time.minutes", seconds / 60);
  if (seconds < 172'800) return say_count("time.hours", seconds / 3600);
  return say_count("time.days", seconds / 86'400);
}

std::optional<Time> time_field(const Resource& resource, std::string_view key) {
  const Json& value = resource.fields[key];
  if (!value.is_string()) return std::nullopt;
  const Result<Time> time = parse_time(value.string_or_empty());
  return time ? std::optional(*time) : std::nullopt;
}

}  // namespace capstan::explain
