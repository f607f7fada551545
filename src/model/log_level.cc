#include "model/log_level.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string>
#include <utility>

namespace capstan {
namespace {

// A level stands at the start of a line; what comes far behind is the message's own text.
constexpr size_t kHeadBytes = 256;
// How far into a JSON line its level is looked for.
constexpr size_t kMemberBytes = 4096;

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '_'; }

bool equals_ignoring_case(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

constexpr std::array<std::pair<std::string_view, std::string_view>, 29> kWords = {{
    {"error", "error"},  {"err", "error"},     {"eror", "error"},   {"fatal", "error"},      {"critical", "error"},
    {"crit", "error"},   {"alert", "error"},   {"emerg", "error"},  {"emergency", "error"},  {"panic", "error"},
    {"severe", "error"}, {"failure", "error"}, {"dpanic", "error"}, {"warning", "warning"},  {"warn", "warning"},
    {"wrn", "warning"},  {"info", "info"},     {"inf", "info"},     {"information", "info"}, {"notice", "info"},
    {"note", "info"},    {"log", "info"},      {"debug", "debug"},  {"dbg", "debug"},        {"trace", "debug"},
    {"trc", "debug"},    {"verbose", "debug"}, {"fine", "debug"},   {"finest", "debug"},
}};

constexpr std::array<std::string_view, 11> kDenials = {"no",       "without", "zero", "any", "not", "ignore",
                                                       "ignoring", "if",      "on",   "non", "0"};

std::string_view level_of_word(std::string_view word) {
  for (const auto& [name, level] : kWords) {
    if (equals_ignoring_case(word, name)) return level;
  }
  return {};
}

// Syslog's severities, RFC 5424 section 6.2.1.
std::string_view level_of_severity(int severity) {
  if (severity <= 3) return "error";
  if (severity == 4) return "warning";
  return severity <= 6 ? "info" : "debug";
}

// "<3>" of the kernel and systemd, "<165>" of syslog on the wire.
std::string_view from_priority(std::string_view line) {
  if (!line.starts_with('<')) return {};
  int priority = 0;
  size_t at = 1;
  for (; at < line.size() && at <= 3 && is_digit(line[at]); ++at) priority = priority * 10 + (line[at] - '0');
  if (at == 1 || at >= line.size() || line[at] != '>' || priority > 191) return {};
  return level_of_severity(priority % 8);
}

// "E0102 15:04:05.000000": the letter, month and day, a space, a digit. As klog and glog print it.
std::string_view from_klog(std::string_view line) {
  if (line.size() < 7 || line[5] != ' ' || !is_digit(line[6])) return {};
  if (!std::ranges::all_of(line.substr(1, 4), is_digit)) return {};
  switch (line[0]) {
    case 'E':
    case 'F': return "error";
    case 'W': return "warning";
    case 'I': return "info";
    default: return {};
  }
}

// Numbers as pino and bunyan write them: 30 is info, 50 is error.
std::string_view level_of_value(std::string_view value) {
  if (!value.empty() && std::ranges::all_of(value, is_digit)) {
    if (value.size() != 2) return value.size() == 1 ? level_of_severity(value[0] - '0') : std::string_view();
    return value[0] >= '5' ? "error" : value[0] == '4' ? "warning" : value[0] == '3' ? "info" : "debug";
  }
  return level_of_word(value);
}

// The text after a name, behind ':' or '=', without quotes; nothing when no value follows.
std::optional<std::string_view> value_after(std::string_view text) {
  size_t at = 0;
  if (at < text.size() && text[at] == '"') ++at;
  while (at < text.size() && text[at] == ' ') ++at;
  if (at >= text.size() || (text[at] != ':' && text[at] != '=')) return std::nullopt;
  ++at;
  while (at < text.size() && (text[at] == ' ' || text[at] == '"' || text[at] == '\'')) ++at;
  size_t end = at;
  while (end < text.size() && is_word(text[end])) ++end;
  return text.substr(at, end - at);
}

// level=error, "level":"error", severity: ERROR, lvl=warn, "log.level": "error", PRIORITY=3.
std::string_view from_member(std::string_view line) {
  static constexpr std::array<std::string_view, 7> kNames = {"level",     "lvl",      "severity",     "loglevel",
                                                             "levelname", "PRIORITY", "severity_text"};
  line = line.substr(0, kMemberBytes);
  for (size_t at = 0; at < line.size(); ++at) {
    if (!is_letter(line[at]) || (at > 0 && is_word(line[at - 1]))) continue;
    size_t end = at;
    while (end < line.size() && is_word(line[end])) ++end;
    const std::string_view word = line.substr(at, end - at);
    const bool known =
        std::ranges::any_of(kNames, [&](std::string_view name) { return equals_ignoring_case(word, name); });
    if (known) {
      if (const auto value = value_after(line.substr(end)); value) {
        if (const std::string_view level = level_of_value(*value); !level.empty()) return level;
      }
    }
    at = end;
  }
  return {};
}

// The word before `at`, without what separates them.
std::string_view word_before(std::string_view line, size_t at) {
  while (at > 0 && (line[at - 1] == ' ' || line[at - 1] == '\t')) --at;
  size_t begin = at;
  while (begin > 0 && is_word(line[begin - 1])) --begin;
  return line.substr(begin, at - begin);
}

bool is_upper(std::string_view word) {
  return std::ranges::all_of(word, [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Whether the word before takes the meaning away: "no error", "3 error", but not "18:00:00,123 ERROR".
bool denies(std::string_view before, std::string_view word) {
  if (before.empty()) return false;
  if (std::ranges::all_of(before, is_digit)) return !is_upper(word);
  return std::ranges::any_of(kDenials, [&](std::string_view denial) { return equals_ignoring_case(before, denial); });
}

// Whether the word [begin, end) stands where a level stands: in brackets, before a colon, or in capitals by itself.
bool stands_as_level(std::string_view line, size_t begin, size_t end) {
  const char before = begin > 0 ? line[begin - 1] : ' ';
  const char after = end < line.size() ? line[end] : ' ';
  // Part of a path, a name, an option or an assignment: error.log, /error, error-rate, --error, error=0.
  if (after == '=' || after == '/' || before == '/' || before == '.' || before == '-' || before == '=') return false;
  const bool joined = end + 1 < line.size() && is_word(line[end + 1]);
  if ((after == '.' || after == '-') && joined) return false;
  if (before == '[' || before == '(' || before == '<' || before == '|') {
    // [error], [error:core], [core:error] is seen below by its colon.
    if (after == ']' || after == ')' || after == '>' || after == '|' || after == ':') return true;
  }
  if (before == ':' && after == ']') return true;
  if (after == ':') {
    // "error: 0" and "error: 0, warning: 1" are counts.
    size_t next = end + 1;
    while (next < line.size() && line[next] == ' ') ++next;
    const std::string_view rest = line.substr(std::min(next, line.size()));
    return rest != "0" && !rest.starts_with("0,") && !rest.starts_with("0;") && !rest.starts_with("0)");
  }
  return end - begin >= 3 && is_upper(line.substr(begin, end - begin));
}

// ERROR, [error], error:, "WARN -": the first word that stands as a level.
std::string_view from_marker(std::string_view line) {
  line = line.substr(0, kHeadBytes);
  for (size_t at = 0; at < line.size(); ++at) {
    if (!is_letter(line[at]) || (at > 0 && is_word(line[at - 1]))) continue;
    size_t end = at;
    while (end < line.size() && is_word(line[end])) ++end;
    const std::string_view level = level_of_word(line.substr(at, end - at));
    if (!level.empty() && stands_as_level(line, at, end) && !denies(word_before(line, at), line.substr(at, end - at)))
      return level;
    at = end;
  }
  return {};
}

// Words that only bad news has, wherever they stand.
std::string_view from_bad_news(std::string_view line) {
  static constexpr std::array<std::string_view, 14> kErrors = {"panic: ",
                                                               "Traceback (most recent call last)",
                                                               "segfault at",
                                                               "Segmentation fault",
                                                               "core dumped",
                                                               "Out of memory:",
                                                               "oom-kill:",
                                                               "Kernel panic",
                                                               "uncaught exception",
                                                               "Uncaught ",
                                                               "Unhandled exception",
                                                               "Exception in thread",
                                                               "BUG: ",
                                                               "I/O error, dev "};
  line = line.substr(0, kMemberBytes);
  for (std::string_view words : kErrors) {
    if (line.find(words) != std::string_view::npos) return "error";
  }
  // "java.io.IOException: broken pipe", "ValueError: bad literal": a name that ends so, at the start, then a colon.
  const size_t colon = line.substr(0, kHeadBytes).find(':');
  if (colon == std::string_view::npos) return {};
  const std::string_view name = line.substr(0, colon);
  const bool is_name = std::ranges::all_of(name, [](char c) { return is_word(c) || c == '.' || c == '$'; });
  return is_name && (name.ends_with("Exception") || (name.size() > 5 && name.ends_with("Error"))) ? "error" : "";
}

}  // namespace

std::string_view level_of(std::string_view line) {
  for (const auto judge : {from_priority, from_klog, from_member, from_marker, from_bad_news}) {
    if (const std::string_view level = judge(line); !level.empty()) return level;
  }
  return {};
}

}  // namespace capstan
