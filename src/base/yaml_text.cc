#include "base/yaml_text.h"

#include <algorithm>

#include "base/config.h"

namespace capstan {
namespace {

constexpr size_t kLongestPlain = 200;

// YAML 1.1 readers, of which there are many, take these for truth values.
bool is_truth_value(std::string_view text) {
  constexpr std::string_view kWords[] = {"y",  "Y",  "yes", "Yes", "YES", "n",   "N",   "no",
                                         "No", "NO", "on",  "On",  "ON",  "off", "Off", "OFF"};
  return std::ranges::find(kWords, text) != std::end(kWords);
}

bool is_plain(const std::string& text) {
  constexpr std::string_view kHarmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+@:=%";
  if (text.empty() || text.size() > kLongestPlain) return false;
  if (text.find_first_not_of(kHarmless) != std::string::npos) return false;
  if (text.find_first_of("-:@%=") == 0 || text.back() == ':' || is_truth_value(text)) return false;
  // What another reader may take for a number: 0x1F, 1_000, 12:30, 1e3.
  if (text.find_first_of("0123456789.+") == 0 &&
      text.find_first_not_of("0123456789.+-_:eExXoabcdfABCDF") == std::string::npos)
    return false;
  ConfigNode node;
  node.kind = ConfigNode::Kind::kScalar;
  node.scalar = text;
  return node.to_json().is_string();
}

// As "|" and "|-" write it back: several lines, no blanks that would be lost, and at most one newline at the end.
bool fits_literal(const std::string& text) {
  if (text.size() < 2 || text.find('\n') == std::string::npos || text.ends_with("\n\n")) return false;
  if (text.front() == ' ' || text.front() == '\n') return false;
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 || c == '\n'; }) &&
         text.find(" \n") == std::string::npos;
}

std::string literal(const std::string& text, size_t indent) {
  std::string block = text.ends_with('\n') ? "|" : "|-";
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    block += '\n';
    if (end > at) block += std::string(indent, ' ') + text.substr(at, end - at);
    at = end + 1;
  }
  return block;
}

bool is_filled(const Json& value) { return !value.members().empty() || !value.items().empty(); }

std::string member(const std::string& name, const Json& value, size_t indent) {
  std::string text = yaml_line(Json(name)) + ":";
  const bool is_list = value.is_array() && is_filled(value);
  if (is_list) return text + "\n" + std::string(indent, ' ') + yaml_block(value, indent);
  if (is_filled(value)) return text + "\n" + std::string(indent + 2, ' ') + yaml_block(value, indent + 2);
  return text + " " + yaml_block(value, indent);
}

}  // namespace

std::string yaml_line(const Json& value) {
  if (value.is_string()) return is_plain(value.string_or_empty()) ? value.string_or_empty() : value.dump();
  if (value.is_array()) {
    std::string text;
    for (const Json& item : value.items()) text += (text.empty() ? "" : ", ") + yaml_line(item);
    return "[" + text + "]";
  }
  if (value.is_object()) {
    std::string text;
    for (const auto& [name, one] : value.members()) {
      text += (text.empty() ? "" : ", ") + yaml_line(Json(name)) + ": " + yaml_line(one);
    }
    return text.empty() ? "{}" : "{ " + text + " }";
  }
  return value.dump();
}

std::string yaml_block(const Json& value, size_t indent) {
  const std::string next_line = "\n" + std::string(indent, ' ');
  std::string text;
  if (value.is_object() && is_filled(value)) {
    for (const auto& [name, one] : value.members()) text += (text.empty() ? "" : next_line) + member(name, one, indent);
    return text;
  }
  if (value.is_array() && is_filled(value)) {
    for (const Json& item : value.items())
      text += (text.empty() ? "" : next_line) + "- " + yaml_block(item, indent + 2);
    return text;
  }
  if (value.is_string() && fits_literal(value.string_or_empty())) return literal(value.string_or_empty(), indent + 2);
  return yaml_line(value);
}

}  // namespace capstan
