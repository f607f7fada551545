#include "base/regex_replacement.h"

#include <re2/re2.h>

#include <charconv>

namespace capstan {
namespace {

constexpr int kNone = -1;

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// The name after a dollar, with or without braces; "" when there is none, and nothing is taken.
std::string_view take_name(std::string_view& text) {
  const bool braces = text.starts_with('{');
  const size_t begin = braces ? 1 : 0;
  size_t end = begin;
  while (end < text.size() && is_word(text[end])) ++end;
  if (end == begin || (braces && (end >= text.size() || text[end] != '}'))) return {};
  const std::string_view name = text.substr(begin, end - begin);
  text.remove_prefix(end + begin);
  return name;
}

int group_number(std::string_view name, const std::map<std::string, int>& names) {
  int number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size()) return number;
  const auto found = names.find(std::string(name));
  return found == names.end() ? kNone : found->second;
}

}  // namespace

RegexReplacement::RegexReplacement(std::string_view text, const re2::RE2& regex) {
  std::string literal;
  while (!text.empty()) {
    const size_t dollar = text.find('$');
    literal += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    if (text.starts_with('$')) {
      literal += '$';
      text.remove_prefix(1);
      continue;
    }
    const std::string_view name = take_name(text);
    if (name.empty()) {
      literal += '$';
      continue;
    }
    parts_.push_back({std::move(literal), group_number(name, regex.NamedCapturingGroups())});
    literal.clear();
  }
  parts_.push_back({std::move(literal), kNone});
}

std::string RegexReplacement::expand(std::span<const re2::StringPiece> groups) const {
  std::string out;
  for (const auto& [literal, group] : parts_) {
    out += literal;
    if (group < 0 || static_cast<size_t>(group) >= groups.size()) continue;
    const re2::StringPiece& value = groups[static_cast<size_t>(group)];
    if (value.data() != nullptr) out.append(value.data(), value.size());
  }
  return out;
}

}  // namespace capstan
