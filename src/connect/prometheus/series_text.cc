#include "connect/prometheus/series_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/utf8.h"

namespace capstan::prometheus {
namespace {

constexpr size_t kMaxExemplarLabels = 128;  // OpenMetrics 1.0: characters of names and values together.

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_metric_name(std::string_view text) {
  if (text.empty() || is_digit(text.front())) return false;
  return std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == ':'; });
}

class SeriesParser {
 public:
  explicit SeriesParser(std::string_view text) : text_(text) {}

  Result<std::vector<Labels::Pair>> parse() {
    const size_t name_end = std::min(text_.find_first_of("{ \t"), text_.size());
    const std::string_view name = text_.substr(0, name_end);
    if (!name.empty()) {
      if (!is_metric_name(name)) return bad(fmt::format("'{}' is no metric name", name.substr(0, 60)));
      pairs_.emplace_back(kMetricName, name);
    }
    at_ = name_end;
    skip_blanks();
    if (at_ < text_.size()) TRY(parse_braces());
    return std::move(pairs_);
  }

 private:
  std::unexpected<Error> bad(std::string message) const {
    return fail(ErrorCode::kCorrupt, std::move(message), {"", 0, static_cast<int>(at_) + 1});
  }
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Status parse_braces() {
    if (!take('{')) return bad("expected '{'");
    while (true) {
      skip_blanks();
      if (take('}')) break;
      TRY(parse_label());
      skip_blanks();
      if (take(',')) continue;
      if (take('}')) break;
      return bad("expected ',' or '}' after a label");
    }
    if (at_ != text_.size()) return bad("nothing may follow '}'");
    return {};
  }

  Status parse_label() {
    const size_t start = at_;
    const bool quoted = at_ < text_.size() && text_[at_] == '"';
    std::string name;
    if (quoted) {
      name = TRY(parse_quoted());
    } else {
      while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
      name = text_.substr(start, at_ - start);
      if (!is_label_name(name)) {
        at_ = start;
        return bad("expected a label name");
      }
    }
    skip_blanks();
    if (!take('=')) {
      // A quoted text alone, and first, is the metric's name.
      if (!quoted || !pairs_.empty()) return bad("expected '=' after the label name");
      if (name.empty()) return bad("the metric name is empty");
      pairs_.emplace_back(kMetricName, std::move(name));
      return {};
    }
    if (name.empty()) return bad("the label name is empty");
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != '"') return bad("expected a label value in double quotes");
    std::string value = TRY(parse_quoted());
    if (std::ranges::find(pairs_, name, &Labels::Pair::first) != pairs_.end()) {
      at_ = start;
      return bad(fmt::format("the label '{}' appears twice", name));
    }
    pairs_.emplace_back(std::move(name), std::move(value));
    return {};
  }

  // A backslash stands before n, " and \; before anything else it stands for itself, as Prometheus reads it.
  Result<std::string> parse_quoted() {
    const size_t start = at_++;
    std::string out;
    while (at_ < text_.size() && text_[at_] != '"') {
      char c = text_[at_++];
      if (c == '\\' && at_ < text_.size()) {
        const char escaped = text_[at_++];
        if (escaped == 'n') {
          c = '\n';
        } else if (escaped == '"' || escaped == '\\') {
          c = escaped;
        } else {
          out += c;
          c = escaped;
        }
      }
      out += c;
    }
    if (!take('"')) return bad("the quote does not close");
    if (!is_utf8(out)) {
      at_ = start;
      return bad("the text is not valid UTF-8");
    }
    return out;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<Labels::Pair> pairs_;
};

}  // namespace

Result<Labels> parse_series(std::string_view text) {
  std::vector<Labels::Pair> pairs = TRY(SeriesParser(text).parse());
  Labels labels(std::move(pairs));
  if (!labels.has(kMetricName)) return fail(ErrorCode::kCorrupt, "the series has no metric name", {"", 0, 1});
  return labels;
}

Status check_exemplar_labels(std::string_view text) {
  const std::vector<Labels::Pair> pairs = TRY(SeriesParser(text).parse());
  size_t length = 0;
  for (const auto& [name, value] : pairs) {
    if (name == kMetricName) return fail(ErrorCode::kCorrupt, "an exemplar has no metric name");
    const auto is_start = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
    length += static_cast<size_t>(std::ranges::count_if(name, is_start) + std::ranges::count_if(value, is_start));
  }
  if (length > kMaxExemplarLabels) return fail(ErrorCode::kCorrupt, "an exemplar's labels exceed 128 characters");
  return {};
}

Status check_metric_name(std::string_view text) {
  if (text.starts_with('"') ? text.size() > 2 && is_utf8(text) : is_metric_name(text)) return {};
  return fail(ErrorCode::kCorrupt, fmt::format("'{}' is no metric name", text.substr(0, 60)));
}

size_t quoted_or_word_end(std::string_view text) {
  if (!text.starts_with('"')) return std::min(text.find_first_of(" \t"), text.size());
  for (size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

bool is_label_name(std::string_view text) {
  if (text.empty() || is_digit(text.front())) return false;
  return std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c); });
}

}  // namespace capstan::prometheus
