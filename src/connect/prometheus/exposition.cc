#include "connect/prometheus/exposition.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/utf8.h"
#include "connect/prometheus/series_text.h"

namespace capstan::prometheus {
namespace {

constexpr size_t kMaxValueLength = 64;
constexpr double kMaxTimestampMs = 9.2e18;  // What an int64 holds.

bool is_blank(char c) { return c == ' ' || c == '\t'; }

void skip_blanks(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

// The text up to the next blank, taken off the front.
std::string_view take_word(std::string_view& text) {
  const size_t end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

bool equals_without_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

constexpr std::array<std::string_view, 5> kTextTypes = {"counter", "gauge", "histogram", "summary", "untyped"};
constexpr std::array<std::string_view, 8> kOpenMetricsTypes = {"counter",        "gauge",    "histogram", "summary",
                                                               "gaugehistogram", "stateset", "info",      "unknown"};

}  // namespace

Format format_of(std::string_view content_type) {
  const std::string_view media = content_type.substr(0, content_type.find(';'));
  return equals_without_case(media, "application/openmetrics-text") ? Format::kOpenMetrics : Format::kText;
}

bool parse_value(std::string_view text, double& value) {
  if (text.empty() || text.size() > kMaxValueLength) return false;
  std::string_view digits = text;
  const bool negative = digits.front() == '-';
  if (negative || digits.front() == '+') digits.remove_prefix(1);
  if (digits.empty()) return false;
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  if (!is_digit(digits.front())) {
    if (equals_without_case(digits, "inf") || equals_without_case(digits, "infinity")) {
      value = negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
      return true;
    }
    if (!equals_without_case(text, "nan")) return false;
    value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (end != digits.data() + digits.size()) return false;
  if (error == std::errc::result_out_of_range) {
    // Too small is zero, too large is an error; from_chars does not say which it was.
    value = std::strtod(std::string(digits).c_str(), nullptr);
    if (std::isinf(value)) return false;
  } else if (error != std::errc()) {
    return false;
  }
  if (negative) value = -value;
  return true;
}

size_t series_end(std::string_view text) {
  size_t at = 0;
  while (at < text.size() && text[at] != '{' && !is_blank(text[at])) ++at;
  size_t brace = at;
  while (brace < text.size() && is_blank(text[brace])) ++brace;
  if (brace == text.size() || text[brace] != '{') return at;
  bool quoted = false;
  for (at = brace + 1; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c == '\\') {
        ++at;
      } else if (c == '"') {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == '}') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

std::unexpected<Error> ExpositionReader::bad(const char* at, std::string_view expected) const {
  return fail(ErrorCode::kCorrupt, std::string(expected), {"", line_, static_cast<int>(at - line_begin_) + 1});
}

Result<bool> ExpositionReader::next(RawSample& sample) {
  while (next_ < end_) {
    line_begin_ = next_;
    ++line_;
    const auto* line_end = static_cast<const char*>(std::memchr(next_, '\n', static_cast<size_t>(end_ - next_)));
    if (!line_end) line_end = end_;
    next_ = line_end == end_ ? end_ : line_end + 1;
    if (saw_eof_) return bad(line_begin_, "nothing may follow '# EOF'");
    const char* first = line_begin_;
    if (format_ == Format::kText) {
      while (first < line_end && is_blank(*first)) ++first;
    }
    if (first == line_end) {
      if (format_ == Format::kText) continue;
      return bad(line_begin_, "OpenMetrics knows no empty lines");
    }
    if (*first == '#') {
      TRY(read_comment({first, line_end}));
      continue;
    }
    TRY(read_sample(line_end, sample));
    return true;
  }
  if (format_ == Format::kOpenMetrics && !saw_eof_) {
    ++line_;
    line_begin_ = next_;
    return bad(next_, "the page does not end with '# EOF': half of it may be missing");
  }
  return false;
}

Status ExpositionReader::read_comment(std::string_view line) {
  const bool strict = format_ == Format::kOpenMetrics;
  if (strict && line == "# EOF") {
    saw_eof_ = true;
    return {};
  }
  std::string_view rest = line.substr(1);
  skip_blanks(rest);
  const std::string_view keyword = take_word(rest);
  const bool is_type = keyword == "TYPE";
  if (!is_type && keyword != "HELP" && !(strict && keyword == "UNIT")) {
    if (strict) return bad(line.data(), "expected '# TYPE', '# HELP', '# UNIT' or '# EOF'");
    return {};  // A comment for people.
  }
  skip_blanks(rest);
  const size_t name_end = quoted_or_word_end(rest);
  if (name_end == 0 || name_end == std::string_view::npos) {
    return bad(rest.data(), fmt::format("expected a metric name after '# {}'", keyword));
  }
  if (const Status name = check_metric_name(rest.substr(0, name_end)); !name)
    return bad(rest.data(), name.error().message);
  rest.remove_prefix(name_end);
  if (is_type) {
    skip_blanks(rest);
    const std::string_view type = take_word(rest);
    const bool known = strict ? std::ranges::find(kOpenMetricsTypes, type) != kOpenMetricsTypes.end()
                              : std::ranges::find(kTextTypes, type) != kTextTypes.end();
    skip_blanks(rest);
    if (!known || !rest.empty()) {
      return bad(type.data(), fmt::format("'{}' is no metric type; expected one of {}", type,
                                          strict ? fmt::join(kOpenMetricsTypes.begin(), kOpenMetricsTypes.end(), ", ")
                                                 : fmt::join(kTextTypes.begin(), kTextTypes.end(), ", ")));
    }
  } else if (!is_utf8(rest)) {
    return bad(rest.data(), "the text is not valid UTF-8");
  }
  return {};
}

Status ExpositionReader::read_sample(const char* line_end, RawSample& sample) {
  std::string_view rest(line_begin_, static_cast<size_t>(line_end - line_begin_));
  if (format_ == Format::kText) skip_blanks(rest);
  const size_t end = series_end(rest);
  if (end == std::string_view::npos) return bad(rest.data(), "the labels do not end with '}'");
  if (end == 0) return bad(rest.data(), "expected a metric name");
  sample.series = rest.substr(0, end);
  sample.line = line_;
  sample.has_timestamp = false;
  rest.remove_prefix(end);
  skip_blanks(rest);
  const std::string_view value = take_word(rest);
  if (value.empty()) return bad(value.data(), "expected a value");
  if (!parse_value(value, sample.value))
    return bad(value.data(), fmt::format("'{}' is no number", value.substr(0, 40)));
  skip_blanks(rest);
  if (!rest.empty() && rest.front() != '#') {
    TRY(read_timestamp(take_word(rest), sample));
    skip_blanks(rest);
  }
  if (rest.empty()) return {};
  if (format_ == Format::kOpenMetrics && rest.front() == '#') return check_exemplar(rest.substr(1));
  return bad(rest.data(), "expected the end of the line");
}

Status ExpositionReader::read_timestamp(std::string_view text, RawSample& sample) const {
  sample.has_timestamp = true;
  if (format_ == Format::kText) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sample.at_ms);
    if (error == std::errc() && end == text.data() + text.size()) return {};
    return bad(text.data(), fmt::format("'{}' is no timestamp: expected whole milliseconds", text.substr(0, 40)));
  }
  double seconds = 0;
  if (!parse_value(text, seconds) || !std::isfinite(seconds) || std::abs(seconds) * 1000 > kMaxTimestampMs) {
    return bad(text.data(), fmt::format("'{}' is no timestamp: expected seconds", text.substr(0, 40)));
  }
  sample.at_ms = static_cast<int64_t>(std::round(seconds * 1000));
  return {};
}

// Exemplars are read past, but must be what they claim to be: ` # {trace_id="x"} 1.5 1600000000.5`.
Status ExpositionReader::check_exemplar(std::string_view text) const {
  skip_blanks(text);
  const size_t end = series_end(text);
  if (end == std::string_view::npos || text.empty() || text.front() != '{') {
    return bad(text.data(), "expected an exemplar: {labels} value");
  }
  if (const Status labels = check_exemplar_labels(text.substr(0, end)); !labels) {
    return bad(text.data(), labels.error().message);
  }
  text.remove_prefix(end);
  skip_blanks(text);
  const std::string_view value = take_word(text);
  double ignored = 0;
  if (!parse_value(value, ignored)) return bad(value.data(), "expected the exemplar's value");
  skip_blanks(text);
  const std::string_view timestamp = take_word(text);
  RawSample unused;
  if (!timestamp.empty()) TRY(read_timestamp(timestamp, unused));
  if (!text.empty()) return bad(text.data(), "expected the end of the line");
  return {};
}

}  // namespace capstan::prometheus
