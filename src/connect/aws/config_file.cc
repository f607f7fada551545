#include "connect/aws/config_file.h"

#include <algorithm>
#include <cctype>

#include "base/trim.h"

namespace capstan::aws {
namespace {

// A comment after a value has a blank before it.
std::string_view without_comment(std::string_view value) {
  for (size_t i = 1; i < value.size(); ++i) {
    if ((value[i] == '#' || value[i] == ';') && (value[i - 1] == ' ' || value[i - 1] == '\t')) {
      return trim(value.substr(0, i));
    }
  }
  return value;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

// The profile that a section's head names, "" for a section that is none.
std::string profile_of(std::string_view head, ConfigFileKind kind) {
  if (kind == ConfigFileKind::kCredentials || head == "default") return std::string(head);
  constexpr std::string_view kPrefix = "profile";
  if (!head.starts_with(kPrefix) || head.size() == kPrefix.size()) return {};
  if (head[kPrefix.size()] != ' ' && head[kPrefix.size()] != '\t') return {};
  return std::string(trim(trim(head.substr(kPrefix.size())), "\"'"));
}

}  // namespace

Result<Profiles> parse_config_file(std::string_view text, std::string_view file, ConfigFileKind kind) {
  Profiles profiles;
  ProfileSettings* section = nullptr;
  bool ignored = false;
  const auto bad = [&](int line, const char* what) {
    return fail(ErrorCode::kInvalidArgument, what, {std::string(file), line, 0});
  };
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const std::string_view raw = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::string_view line = trim(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      const size_t close = line.find(']');
      if (close == std::string_view::npos) return bad(number, "expected ']' after the name of a section");
      const std::string name = profile_of(trim(line.substr(1, close - 1)), kind);
      ignored = name.empty();
      section = ignored ? nullptr : &profiles[name];
      continue;
    }
    if (raw.front() == ' ' || raw.front() == '\t' || ignored) continue;  // Nested below the setting before it.
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) return bad(number, "expected NAME = VALUE");
    if (section == nullptr) return bad(number, "expected a section such as [default] before the first setting");
    const std::string name = lower_case(trim(line.substr(0, equals)));
    if (name.empty()) return bad(number, "expected a name before '='");
    section->insert_or_assign(name, std::string(without_comment(trim(line.substr(equals + 1)))));
  }
  return profiles;
}

}  // namespace capstan::aws
