#include "product/seen_in_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "base/fit.h"
#include "base/like.h"

namespace capstan::product {
namespace {

constexpr size_t kMostLines = 5'000;  // Of those that may fit; the newest count.
constexpr size_t kMostRows = 1'000;
constexpr size_t kLongestLine = 400;
constexpr size_t kMostOfOne = 5;  // Of a pattern in a stream: several addresses may be refused at once.
constexpr std::string_view kUsage =
    "seen_in_log('selector', 'window'), such as seen_in_log('{level!~\"info|debug\"}', '30s')";

std::set<std::string> patterns_of(const std::vector<ProductSpec>& products) {
  std::set<std::string> patterns;
  for (const ProductSpec& product : products) {
    for (const SettingSpec& setting : product.settings) {
      patterns.insert(setting.seen_in_log.begin(), setting.seen_in_log.end());
    }
    for (const EndpointSpec& endpoint : product.endpoints) {
      patterns.insert(endpoint.seen_in_log.begin(), endpoint.seen_in_log.end());
    }
  }
  return patterns;
}

// The longest text without % in a pattern.
std::string_view core_of(std::string_view pattern) {
  std::string_view longest;
  while (!pattern.empty()) {
    const std::string_view piece = pattern.substr(0, pattern.find('%'));
    if (piece.size() > longest.size()) longest = piece;
    pattern.remove_prefix(std::min(pattern.size(), piece.size() + 1));
  }
  return longest;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '`') {
      out += '.';  // Ends the string that the expression stands in.
    } else {
      if (byte < 0x80 && std::isalnum(byte) == 0) out += '\\';
      out += c;
    }
  }
  return out;
}

// Lets the store leave out, in one pass, the lines that can fit no pattern.
std::string with_cores(const std::string& selector, const std::set<std::string>& patterns) {
  std::set<std::string> cores;
  for (const std::string& pattern : patterns) cores.insert(escaped(core_of(pattern)));
  return fmt::format("{} |~ `(?i){}`", selector, fmt::join(cores, "|"));
}

// What people read of a text of many lines, such as a stack trace: the line that fits by itself, else the first.
std::string line_of(std::string_view pattern, std::string_view text) {
  std::string_view first = text.substr(0, text.find('\n'));
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (matches_like(pattern, line)) {
      first = line;
      break;
    }
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  first.remove_prefix(std::min(first.size(), first.find_first_not_of(" \t")));
  return fit_text(first, kLongestLine);
}

Table to_table(const std::vector<std::pair<std::string_view, const LogLine*>>& found) {
  std::set<std::string> labels;
  for (const auto& [pattern, line] : found) {
    for (const auto& [name, value] : line->labels) labels.insert(name);
  }
  for (std::string_view own : {"pattern", "line", "text", "at"}) labels.erase(std::string(own));
  Table table;
  table.columns = {"pattern", "line", "text", "at"};
  table.columns.insert(table.columns.end(), labels.begin(), labels.end());
  for (const auto& [pattern, line] : found) {
    std::vector<SqlValue> row = {std::string(pattern), line_of(pattern, line->text), line->text, format_time(line->at)};
    for (const std::string& name : labels) {
      row.push_back(line->labels.has(name) ? SqlValue(std::string(line->labels.get(name))) : SqlValue());
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

Result<Table> SeenInLogTable::fetch(const std::vector<SqlValue>& arguments, Time now) const {
  if (arguments.size() != 2) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("seen_in_log takes two arguments: {}", kUsage));
  }
  const Duration window = TRY(during("seen_in_log()", parse_duration(to_text(arguments[1]))));
  const std::set<std::string> patterns = patterns_of(*shelf_.products());
  if (patterns.empty()) return to_table({});
  const std::vector<LogLine> lines = TRY(logs_.lines({.selector = with_cores(to_text(arguments[0]), patterns),
                                                      .from = now - window,
                                                      .to = now,
                                                      .limit = kMostLines,
                                                      .newest_first = true}));
  std::map<std::pair<std::string_view, Labels>, size_t> known;
  std::vector<std::pair<std::string_view, const LogLine*>> found;
  for (const LogLine& line : lines) {
    for (const std::string& pattern : patterns) {
      if (found.size() >= kMostRows) break;
      if (!matches_like(pattern, line.text) || ++known[{pattern, line.labels}] > kMostOfOne) continue;
      found.emplace_back(pattern, &line);
    }
  }
  Table table = to_table(found);
  table.truncated = lines.size() >= kMostLines || found.size() >= kMostRows;
  return table;
}

}  // namespace capstan::product
