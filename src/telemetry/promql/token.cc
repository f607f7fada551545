#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/time.h"
#include "telemetry/promql/quoting.h"
#include "telemetry/promql/token.h"

namespace capstan::telemetry::promql {
namespace {

constexpr auto kKeywords = std::to_array<std::string_view>(
    {"and",    "or",     "unless",  "atan2", "sum",      "avg",        "count",       "min",         "max",
     "group",  "stddev", "stdvar",  "topk",  "bottomk",  "quantile",   "limitk",      "limit_ratio", "count_values",
     "offset", "by",     "without", "on",    "ignoring", "group_left", "group_right", "bool"});

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word(char c) { return is_letter(c) || is_digit(c); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// "1_000" is 1000: underscores may stand between digits. False when they stand elsewhere.
bool drop_underscores(std::string& digits) {
  for (size_t i = 0; i < digits.size(); ++i) {
    if (digits[i] != '_') continue;
    const bool between = i > 0 && i + 1 < digits.size() && is_hex(digits[i + 1]) &&
                         (is_hex(digits[i - 1]) || digits[i - 1] == 'x' || digits[i - 1] == 'X');
    if (!between) return false;
  }
  std::erase(digits, '_');
  return true;
}

// Go's integer literals first (0x hexadecimal, a leading 0 octal), then decimal floating point, as Prometheus reads.
bool read_number(std::string text, double& value) {
  if (!drop_underscores(text)) return false;
  const char* begin = text.data();
  const char* end = begin + text.size();
  const bool hex = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  const bool octal = !hex && text.size() > 1 && text[0] == '0' &&
                     std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '7'; });
  if (hex || octal) {
    int64_t whole = 0;
    const auto [stop, error] = std::from_chars(begin + (hex ? 2 : 1), end, whole, hex ? 16 : 8);
    if (error == std::errc() && stop == end) {
      value = static_cast<double>(whole);
      return true;
    }
    if (hex) return false;
  }
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (stop != end) return false;
  if (error == std::errc::result_out_of_range) value = std::strtod(text.c_str(), nullptr);  // Infinity or zero.
  return error == std::errc() || error == std::errc::result_out_of_range;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> run() {
    while (true) {
      skip_blank();
      Token token;
      token.at.begin = at_;
      if (at_ < text_.size()) TRY(read(token));
      token.at.end = at_;
      const bool done = token.is(TokenKind::kEnd);
      tokens_.push_back(std::move(token));
      if (done) break;
    }
    return std::move(tokens_);
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  std::unexpected<Error> problem(size_t at, std::string message) const {
    return fail(ErrorCode::kInvalidArgument, std::move(message), locate(text_, at));
  }

  void skip_blank() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++at_;
      } else {
        return;
      }
    }
  }

  Status read(Token& token) {
    const char c = peek();
    if (c == '"' || c == '\'' || c == '`') return read_string(token);
    if (is_letter(c) || (c == ':' && !in_brackets_ && !in_braces_)) return read_word(token);
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return read_number_or_duration(token);
    return read_sign(token);
  }

  Status read_string(Token& token) {
    const char quote = peek();
    const size_t begin = at_ + 1;
    size_t end = begin;
    for (; end < text_.size() && text_[end] != quote; ++end) {
      if (quote != '`' && text_[end] == '\n')
        return problem(at_, "unterminated string: expected a quote before the line ends");
      if (quote != '`' && text_[end] == '\\') ++end;
    }
    if (end >= text_.size()) return problem(at_, fmt::format("unterminated string: expected {}", quote));
    token.kind = TokenKind::kString;
    at_ = end + 1;
    const std::string_view body = text_.substr(begin, end - begin);
    if (quote == '`') {
      token.text = body;
      return {};
    }
    size_t problem_at = 0;
    Result<std::string> value = unescape(body, quote, problem_at);
    if (!value) return problem(begin + problem_at, value.error().message);
    token.text = std::move(*value);
    return {};
  }

  Status read_word(Token& token) {
    const size_t begin = at_;
    while (is_word(peek()) || (peek() == ':' && !in_braces_)) ++at_;
    token.spelling = text_.substr(begin, at_ - begin);
    token.text = token.spelling;
    token.kind = token.text.find(':') == std::string::npos ? TokenKind::kIdentifier : TokenKind::kMetricName;
    if (in_braces_ || token.is(TokenKind::kMetricName)) return {};
    const std::string word = lower(token.text);
    if (word == "nan" || word == "inf") {
      token.kind = TokenKind::kNumber;
      token.number = word == "nan" ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
    } else if (std::ranges::find(kKeywords, word) != kKeywords.end()) {
      token.kind = TokenKind::kKeyword;
      token.text = word;
    }
    return {};
  }

  Status read_number_or_duration(Token& token) {
    const size_t begin = at_;
    size_t end = number_end(begin);
    double value = 0;
    if ((end >= text_.size() || !is_word(text_[end])) &&
        read_number(std::string(text_.substr(begin, end - begin)), value)) {
      at_ = end;
      token.kind = TokenKind::kNumber;
      token.number = value;
      return {};
    }
    end = begin;
    while (end < text_.size() && is_word(text_[end])) ++end;
    const std::string_view word = text_.substr(begin, end - begin);
    const Result<Duration> duration = parse_duration(word);
    if (!duration) {
      return problem(begin,
                     fmt::format("bad number or duration '{}': expected a form such as 1.5, 0x1f, 30s or 1h30m", word));
    }
    at_ = end;
    token.kind = TokenKind::kDuration;
    token.number = to_seconds(*duration);
    return {};
  }

  // Where the longest text that looks like a number ends.
  size_t number_end(size_t i) const {
    const auto c = [&](size_t k) { return k < text_.size() ? text_[k] : '\0'; };
    if (c(i) == '0' && (c(i + 1) == 'x' || c(i + 1) == 'X')) {
      i += 2;
      while (is_hex(c(i)) || c(i) == '_') ++i;
      return i;
    }
    while (is_digit(c(i)) || c(i) == '_') ++i;
    if (c(i) == '.') {
      ++i;
      while (is_digit(c(i)) || c(i) == '_') ++i;
    }
    if (c(i) == 'e' || c(i) == 'E') {
      const size_t sign = c(i + 1) == '+' || c(i + 1) == '-' ? 1 : 0;
      if (is_digit(c(i + 1 + sign))) {
        i += 1 + sign;
        while (is_digit(c(i)) || c(i) == '_') ++i;
      }
    }
    return i;
  }

  Status sign(Token& token, TokenKind kind, size_t length) {
    token.kind = kind;
    token.text = text_.substr(at_, length);
    at_ += length;
    return {};
  }

  Status read_sign(Token& token) {
    const char c = peek();
    const char next = peek(1);
    switch (c) {
      case '(': return sign(token, TokenKind::kLeftParen, 1);
      case ')': return sign(token, TokenKind::kRightParen, 1);
      case ',': return sign(token, TokenKind::kComma, 1);
      case '@': return sign(token, TokenKind::kAt, 1);
      case ':': return sign(token, TokenKind::kColon, 1);
      case '{': in_braces_ = true; return sign(token, TokenKind::kLeftBrace, 1);
      case '}': in_braces_ = false; return sign(token, TokenKind::kRightBrace, 1);
      case '[': in_brackets_ = true; return sign(token, TokenKind::kLeftBracket, 1);
      case ']': in_brackets_ = false; return sign(token, TokenKind::kRightBracket, 1);
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
      case '^': return sign(token, TokenKind::kOperator, 1);
      case '<':
      case '>': return sign(token, TokenKind::kOperator, next == '=' ? 2 : 1);
      case '!':
        if (next == '=') return sign(token, TokenKind::kNotEqual, 2);
        if (next == '~') return sign(token, TokenKind::kRegexNotEqual, 2);
        return problem(at_, "unexpected '!': expected != or !~");
      case '=':
        if (next == '~') return sign(token, TokenKind::kRegexEqual, 2);
        if (next == '=' && !in_braces_) return sign(token, TokenKind::kOperator, 2);
        if (in_braces_) return sign(token, TokenKind::kAssign, 1);
        return problem(at_, "unexpected '=': expected == to compare values, or a label in braces");
      default: break;
    }
    const auto byte = static_cast<unsigned char>(c);
    const std::string shown = byte >= 0x20 && byte < 0x7f ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
    return problem(
        at_,
        fmt::format(
            "unexpected character '{}': names that are not plain words are written in quotes, as in {{\"my.metric\"}}",
            shown));
  }

  std::string_view text_;
  size_t at_ = 0;
  bool in_braces_ = false;
  bool in_brackets_ = false;
  std::vector<Token> tokens_;
};

bool is_plain(std::string_view name, bool colons) {
  if (name.empty() || is_digit(name.front())) return false;
  return std::ranges::all_of(name, [&](char c) { return is_word(c) || (colons && c == ':'); });
}

}  // namespace

std::string Token::describe() const {
  switch (kind) {
    case TokenKind::kEnd: return "end of input";
    case TokenKind::kNumber: return "number";
    case TokenKind::kDuration: return "duration";
    case TokenKind::kString: return "string " + quote(text);
    case TokenKind::kIdentifier:
    case TokenKind::kMetricName: return "name '" + text + "'";
    case TokenKind::kKeyword: return "keyword '" + text + "'";
    default: return "'" + text + "'";
  }
}

Where locate(std::string_view text, size_t byte) {
  Where where{"", 1, 1};
  for (char c : text.substr(0, std::min(byte, text.size()))) {
    where.column = c == '\n' ? 1 : where.column + 1;
    if (c == '\n') ++where.line;
  }
  return where;
}

Result<std::vector<Token>> tokenize(std::string_view text) { return Lexer(text).run(); }

bool is_plain_label_name(std::string_view name) { return is_plain(name, false); }
bool is_plain_metric_name(std::string_view name) { return is_plain(name, true); }

}  // namespace capstan::telemetry::promql
