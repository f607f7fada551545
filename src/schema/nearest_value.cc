#include "schema/nearest_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/suggest.h"
#include "model/quantity.h"

namespace capstan::schema {
namespace {

constexpr size_t kLongestShown = 80;
constexpr size_t kMostValuesShown = 20;

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

size_t characters(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string plain_number(double number) {
  if (std::abs(number) < 1e15 && number == std::floor(number)) return fmt::format("{:.0f}", number);
  return fmt::format("{}", number);
}

// A number in the unit of a quantity, where that is exact; else as its bound was written.
std::string in_unit_of(const std::string& text, double number, const Json& bound) {
  const size_t unit = text.find_last_of("0123456789.") + 1;
  const std::optional<double> one = parse_quantity("1" + text.substr(unit));
  if (one && *one > 0) {
    const double amount = number / *one;
    if (amount == std::floor(amount) && amount < 1e15) return fmt::format("{:.0f}{}", amount, text.substr(unit));
  }
  return to_text(bound);
}

// What people usually meant by something that does not fit: other case, other joints, too much at the ends.
std::vector<std::string> likely_texts(const std::string& text) {
  std::string joined = lower_case(text);
  std::ranges::replace_if(joined, [](char c) { return c == '_' || c == ' ' || c == '.'; }, '-');
  std::string bare;
  std::ranges::copy_if(joined, std::back_inserter(bare),
                       [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; });
  const size_t first = bare.find_first_not_of('-');
  const size_t last = bare.find_last_not_of('-');
  std::string upper = text;
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return {lower_case(text), joined, first == std::string::npos ? "" : bare.substr(first, last - first + 1), upper};
}

std::string cut_to(const std::string& text, size_t most) {
  std::string cut;
  size_t count = 0;
  for (char c : text) {
    if ((c & 0xC0) != 0x80 && count++ == most) break;
    cut += c;
  }
  return cut;
}

// One after the other by a phrase with the places first and next; nothing where there is none.
Words joined_by(std::string_view phrase, const std::vector<Words>& all) {
  Words joined;
  for (const Words& each : all) {
    joined = joined.empty() ? each : Words::phrase(phrase, {{"first", std::move(joined)}, {"next", each}});
  }
  return joined;
}

}  // namespace

std::optional<double> number_of(const Json& value) {
  return value.is_number() ? value.number_or(0) : parse_quantity(value.string_or_empty());
}

std::string to_text(const Json& value) {
  if (value.is_array()) return fmt::format("a list of {}", value.items().size());
  if (value.is_object()) return fmt::format("a map of {}", value.members().size());
  std::string text = value.is_string() ? value.string_or_empty() : value.dump();
  if (characters(text) <= kLongestShown) return text;
  return cut_to(text, kLongestShown) + "…";
}

Words describe_types(uint8_t types) {
  std::vector<Words> names;
  if (types & kBoolean) names.push_back(Words::phrase("allowed.boolean"));
  if (types & kNumber) names.push_back(Words::phrase("allowed.number"));
  if ((types & kInteger) && !(types & kNumber)) names.push_back(Words::phrase("allowed.integer"));
  if (types & kString) names.push_back(Words::phrase("allowed.string"));
  if (types & kArray) names.push_back(Words::phrase("allowed.list"));
  if (types & kObject) names.push_back(Words::phrase("allowed.map"));
  if (types & kNull) names.emplace_back("null");
  return joined_by("allowed.either", names);
}

Words describe_values(const Node& node) {
  std::vector<std::string> texts;
  for (const Json& value : node.values) {
    if (texts.size() == kMostValuesShown) {
      return Words::phrase("allowed.one_of_more", {{"values", fmt::format("{}", fmt::join(texts, ", "))},
                                                   {"count", std::to_string(node.values.size() - kMostValuesShown)}});
    }
    if (value == Json("") && node.values.size() > 1) continue;  // As good as nothing, which nobody means to write.
    texts.push_back(value == Json("") ? "''" : to_text(value));
  }
  if (texts.size() == 1) return texts[0];
  return Words::phrase("allowed.one_of", {{"values", fmt::format("{}", fmt::join(texts, ", "))}});
}

Words describe_count(std::string_view bound, int64_t count, std::string_view what) {
  return Words::phrase(bound, {{"count", std::to_string(count)}, {"what", Words::phrase(what)}});
}

Words describe_bounds(const Node& node) {
  if (!node.limits) return describe(node.format);
  const Limits& limits = *node.limits;
  std::vector<Words> parts;
  if (limits.minimum) {
    parts.push_back(Words::phrase(limits.minimum_is_excluded ? "allowed.more_than" : "allowed.at_least",
                                  {{"amount", to_text(*limits.minimum)}}));
  }
  if (limits.maximum) {
    parts.push_back(Words::phrase(limits.maximum_is_excluded ? "allowed.less_than" : "allowed.at_most",
                                  {{"amount", to_text(*limits.maximum)}}));
  }
  if (limits.multiple_of) {
    parts.push_back(Words::phrase("allowed.multiple", {{"amount", fmt::format("{}", *limits.multiple_of)}}));
  }
  if (limits.min_length) {
    parts.push_back(describe_count("allowed.count_at_least", *limits.min_length, "allowed.characters"));
  }
  if (limits.max_length) {
    parts.push_back(describe_count("allowed.count_at_most", *limits.max_length, "allowed.characters"));
  }
  if (limits.pattern) parts.push_back(Words::phrase("allowed.pattern", {{"pattern", limits.pattern->pattern()}}));
  return parts.empty() ? describe(node.format) : joined_by("allowed.both", parts);
}

std::string nearest_of_values(const Node& node, const Json& value) {
  if (node.values.size() == 1) return to_text(node.values[0]);
  if (const std::optional<double> number = value.is_number() ? number_of(value) : std::nullopt) {
    const Json* best = nullptr;
    for (const Json& one : node.values) {
      if (!one.is_number()) continue;
      const double distance = std::abs(one.number_or(0) - *number);
      if (best == nullptr || distance < std::abs(best->number_or(0) - *number)) best = &one;
    }
    return best == nullptr ? "" : to_text(*best);
  }
  std::vector<std::string> lower;
  for (const Json& one : node.values) lower.push_back(lower_case(one.string_or_empty()));
  const std::vector<std::string_view> candidates(lower.begin(), lower.end());
  const std::string_view best = nearest(lower_case(value.string_or_empty()), candidates);
  if (best.empty()) return "";
  return node.values[static_cast<size_t>(std::ranges::find(candidates, best) - candidates.begin())].string_or_empty();
}

std::string nearest_number(const Node& node, const Json& value) {
  const std::optional<double> found = number_of(value);
  if (!found || !node.limits) {
    if (node.format == Format::kInt32 && found) return plain_number(std::clamp(*found, -2147483648.0, 2147483647.0));
    return "";
  }
  const Limits& limits = *node.limits;
  const double step = limits.multiple_of.value_or(node.types & kInteger && !(node.types & kNumber) ? 1 : 0);
  double nearest = *found;
  const Json* bound = nullptr;
  if (limits.minimum && nearest <= *number_of(*limits.minimum)) {
    nearest = *number_of(*limits.minimum) + (limits.minimum_is_excluded ? step : 0);
    bound = &*limits.minimum;
    if (step > 0) nearest = std::ceil(nearest / step) * step;
  } else if (limits.maximum && nearest >= *number_of(*limits.maximum)) {
    nearest = *number_of(*limits.maximum) - (limits.maximum_is_excluded ? step : 0);
    bound = &*limits.maximum;
    if (step > 0) nearest = std::floor(nearest / step) * step;
  } else if (step > 0) {
    nearest = std::round(nearest / step) * step;
    const bool too_small = limits.minimum && nearest < *number_of(*limits.minimum);
    const bool too_large = limits.maximum && nearest > *number_of(*limits.maximum);
    nearest += too_small ? step : too_large ? -step : 0;
  }
  const auto lies_within = [&](double number) {
    const bool above = !limits.minimum || number > *number_of(*limits.minimum) ||
                       (number == *number_of(*limits.minimum) && !limits.minimum_is_excluded);
    const bool below = !limits.maximum || number < *number_of(*limits.maximum) ||
                       (number == *number_of(*limits.maximum) && !limits.maximum_is_excluded);
    return above && below;
  };
  if (!lies_within(nearest)) return "";  // Of what must be less than 1 none is the nearest.
  if (value.is_string() && bound != nullptr) return in_unit_of(value.string_or_empty(), nearest, *bound);
  return plain_number(nearest);
}

std::string nearest_of_type(const Node& node, const Json& value) {
  const std::string& text = value.string_or_empty();
  const std::string lower = lower_case(text);
  if ((node.types & kString) && (value.is_number() || value.is_bool())) return fmt::format("\"{}\"", value.dump());
  if ((node.types & kBoolean) && value.is_string()) {
    constexpr std::array<std::string_view, 4> kTrue = {"true", "yes", "on", "1"};
    constexpr std::array<std::string_view, 4> kFalse = {"false", "no", "off", "0"};
    if (std::ranges::find(kTrue, lower) != kTrue.end()) return "true";
    if (std::ranges::find(kFalse, lower) != kFalse.end()) return "false";
  }
  if ((node.types & (kInteger | kNumber)) && value.is_string()) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size() && std::isfinite(number)) {
      return plain_number(node.types & kNumber ? number : std::round(number));
    }
  }
  if ((node.types & kInteger) && value.is_number()) return plain_number(std::round(value.number_or(0)));
  if ((node.types & kArray) && !value.is_array() && !value.is_object()) return fmt::format("[{}]", to_text(value));
  const bool one_of_a_list = value.is_array() && value.items().size() == 1;
  if (one_of_a_list && !value.items()[0].is_object() && !value.items()[0].is_array()) return to_text(value.items()[0]);
  return "";
}

bool text_fits(const Node& node, const std::string& text) {
  if (!has_format(node.format, text)) return false;
  if (!node.limits) return true;
  const auto length = static_cast<int64_t>(characters(text));
  if (node.limits->min_length && length < *node.limits->min_length) return false;
  if (node.limits->max_length && length > *node.limits->max_length) return false;
  return !node.limits->pattern || RE2::PartialMatch(text, *node.limits->pattern);
}

std::string nearest_text(const Node& node, const std::string& text) {
  if (node.format == Format::kQuantity) return nearest_quantity(text);
  for (const std::string& likely : likely_texts(text)) {
    if (!likely.empty() && text_fits(node, likely)) return likely;
  }
  if (!node.limits || !node.limits->max_length) return "";
  const std::string cut = cut_to(text, static_cast<size_t>(*node.limits->max_length));
  return !cut.empty() && text_fits(node, cut) ? cut : "";
}

std::string nearest_quantity(const std::string& text) {
  std::string bare;
  std::ranges::copy_if(text, std::back_inserter(bare), [](unsigned char c) { return std::isspace(c) == 0; });
  std::ranges::replace(bare, ',', '.');
  const size_t unit = bare.find_first_not_of("+-.0123456789");
  if (unit == std::string::npos) return parse_quantity(bare) ? bare : "";
  const std::string number = bare.substr(0, unit);
  std::string suffix = lower_case(bare.substr(unit));
  if (suffix.size() > 1 && suffix.ends_with('b')) suffix.pop_back();  // Bytes are what is meant anyway.
  constexpr std::array<std::string_view, 14> kUnits = {"m",  "k",  "M",  "G",  "T",  "P",  "E",
                                                       "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", ""};
  for (std::string_view one : kUnits) {
    // A lower-case m is a thousandth, and nobody means thousandths of bytes by "mb".
    const bool means_mega = suffix == "m" && lower_case(bare.substr(unit)) == "mb";
    const bool same = means_mega ? one == "M" : lower_case(one) == suffix;
    if (same && parse_quantity(number + std::string(one))) return number + std::string(one);
  }
  return "";
}

}  // namespace capstan::schema
