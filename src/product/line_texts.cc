// The formats that say one thing a line: ini, postgresql.conf, pg_hba.conf, Java properties, environment files.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/trim.h"

#include "product/config_text.h"

namespace capstan::product {
namespace {

// Gives the lines of a text with their numbers, trimmed.
class Lines {
 public:
  Lines(std::string_view text, std::string_view file) : rest_(text), file_(file) {}

  bool next() {
    if (rest_.empty()) return false;
    const size_t end = rest_.find('\n');
    line_ = trim(rest_.substr(0, end));
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++number_;
    return true;
  }
  std::string_view line() const { return line_; }
  Where where() const { return {std::string(file_), number_, 0}; }
  ConfigEntry entry(std::string_view name) const {
    return {.name = std::string(name), .values = {}, .where = where(), .entries = {}};
  }
  Status count() {
    if (++count_ <= kMostEntries) return {};
    return fail(ErrorCode::kResourceExhausted, fmt::format("more than {} entries", kMostEntries), where());
  }

 private:
  std::string_view rest_;
  std::string_view file_;
  std::string_view line_;
  int number_ = 0;
  size_t count_ = 0;
};

// 'it''s' and "x\"y": the text of a quoted value, and what follows it.
std::string unquoted(std::string_view text) {
  const char quote = text.front();
  std::string value;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      value += text[++i];
    } else if (text[i] != quote) {
      value += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == quote) {
      value += text[++i];
    } else {
      break;
    }
  }
  return value;
}

bool is_quoted(std::string_view text) { return text.starts_with('"') || text.starts_with('\''); }

// A value up to a comment that begins after a blank.
std::string plain_value(std::string_view text) {
  if (is_quoted(text)) return unquoted(text);
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '#' && kBlanks.find(text[i - 1]) != std::string_view::npos)
      return std::string(trim(text.substr(0, i)));
  }
  return text.starts_with('#') ? std::string() : std::string(text);
}

// "key = value" and "key value"; the key as it is written.
std::pair<std::string_view, std::string_view> key_and_rest(std::string_view line, std::string_view separators) {
  const size_t end = line.find_first_of(separators);
  if (end == std::string_view::npos) return {line, {}};
  std::string_view rest = trim(line.substr(end));
  if (!rest.empty() && separators.find(rest.front()) != std::string_view::npos) rest = trim(rest.substr(1));
  return {trim(line.substr(0, end)), rest};
}

}  // namespace

Result<std::vector<ConfigEntry>> read_ini(std::string_view text, std::string_view file) {
  std::vector<ConfigEntry> entries;
  ConfigEntry* section = nullptr;
  for (Lines lines(text, file); lines.next();) {
    const std::string_view line = lines.line();
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    TRY(lines.count());
    if (line.front() == '[') {
      const size_t end = line.find(']');
      if (end == std::string_view::npos)
        return fail(ErrorCode::kInvalidArgument, "a section without its ']'", lines.where());
      entries.push_back(lines.entry(trim(line.substr(1, end - 1))));
      section = &entries.back();
      continue;
    }
    const bool is_include = line.front() == '!';
    auto [key, rest] = key_and_rest(line, is_include ? " \t" : "=");
    ConfigEntry entry = lines.entry(key);
    if (!rest.empty()) entry.values.push_back(plain_value(rest));
    if (is_include || section == nullptr) {
      // What is included stands between sections, not within one.
      entries.push_back(std::move(entry));
      section = nullptr;
    } else {
      section->entries.push_back(std::move(entry));
    }
  }
  return entries;
}

Result<std::vector<ConfigEntry>> read_postgresql(std::string_view text, std::string_view file) {
  std::vector<ConfigEntry> entries;
  for (Lines lines(text, file); lines.next();) {
    if (lines.line().empty() || lines.line().front() == '#') continue;
    TRY(lines.count());
    const auto [key, rest] = key_and_rest(lines.line(), "= \t");
    std::string name(key);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    ConfigEntry entry = lines.entry(name);
    // A value may touch its comment: port=5432#default.
    std::string value = is_quoted(rest) ? unquoted(rest) : std::string(trim(rest.substr(0, rest.find('#'))));
    entry.values.push_back(std::move(value));
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<std::vector<ConfigEntry>> read_pg_hba(std::string_view text, std::string_view file) {
  std::vector<ConfigEntry> entries;
  for (Lines lines(text, file); lines.next();) {
    std::string_view rest = lines.line();
    if (rest.empty() || rest.front() == '#') continue;
    TRY(lines.count());
    std::vector<std::string> words;
    while (!rest.empty() && rest.front() != '#') {
      const size_t end = is_quoted(rest) ? rest.find(rest.front(), 1) : rest.find_first_of(" \t#");
      const size_t next = end == std::string_view::npos ? rest.size() : end + (is_quoted(rest) ? 1 : 0);
      words.push_back(is_quoted(rest) ? unquoted(rest) : std::string(rest.substr(0, next)));
      rest = trim(rest.substr(next));
    }
    ConfigEntry entry = lines.entry(words.front());
    entry.values.assign(words.begin() + 1, words.end());
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<std::vector<ConfigEntry>> read_properties(std::string_view text, std::string_view file) {
  std::vector<ConfigEntry> entries;
  for (Lines lines(text, file); lines.next();) {
    if (lines.line().empty() || lines.line().front() == '#' || lines.line().front() == '!') continue;
    TRY(lines.count());
    ConfigEntry entry = lines.entry("");
    std::string whole(lines.line());
    // A backslash at the end goes on in the next line.
    while (whole.ends_with('\\') && lines.next()) {
      whole.pop_back();
      whole += lines.line();
    }
    const auto [key, rest] = key_and_rest(whole, "=: \t");
    entry.name = key;
    entry.values.emplace_back(rest);
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<std::vector<ConfigEntry>> read_environment(std::string_view text, std::string_view file) {
  std::vector<ConfigEntry> entries;
  for (Lines lines(text, file); lines.next();) {
    std::string_view line = lines.line();
    if (line.starts_with("export ")) line = trim(line.substr(7));
    const size_t equal = line.find('=');
    const bool is_assignment =
        equal != std::string_view::npos && equal > 0 &&
        std::ranges::all_of(line.substr(0, equal), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
    // Others are commands of a shell script, or comments.
    if (!is_assignment) continue;
    TRY(lines.count());
    ConfigEntry entry = lines.entry(line.substr(0, equal));
    entry.values.push_back(plain_value(trim(line.substr(equal + 1))));
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace capstan::product
