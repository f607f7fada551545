#include "catalog/sql_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::catalog {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool continues_word(char c) { return begins_word(c) || is_digit(c) || c == '$'; }

class Splitter {
 public:
  explicit Splitter(std::string_view sql) : sql_(sql) {}

  Result<std::vector<SqlToken>> run() {
    while (at_ < sql_.size()) {
      const size_t begin = at_;
      if (skip_space_or_comment()) continue;
      const SqlToken::Kind kind = TRY(next());
      tokens_.push_back({.kind = kind, .text = sql_.substr(begin, at_ - begin), .offset = begin});
    }
    return std::move(tokens_);
  }

 private:
  char here(size_t ahead = 0) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }

  template <class Predicate>
  void skip_while(const Predicate& predicate) {
    while (at_ < sql_.size() && predicate(sql_[at_])) ++at_;
  }

  bool skip_space_or_comment() {
    const char c = here();
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
      ++at_;
      return true;
    }
    if (c == '-' && here(1) == '-') {
      skip_while([](char one) { return one != '\n'; });
      return true;
    }
    if (c == '/' && here(1) == '*') {
      const size_t end = sql_.find("*/", at_ + 2);
      at_ = end == std::string_view::npos ? sql_.size() : end + 2;  // SQLite lets the last one stay open.
      return true;
    }
    return false;
  }

  Result<SqlToken::Kind> next() {
    const char c = here();
    if (c == '\'') return quoted('\'', SqlToken::Kind::kString);
    if (c == '"' || c == '`') return quoted(c, SqlToken::Kind::kQuotedName);
    if (c == '[') return quoted(']', SqlToken::Kind::kQuotedName);
    if ((c == 'x' || c == 'X') && here(1) == '\'') {
      ++at_;
      return quoted('\'', SqlToken::Kind::kBlob);
    }
    if (begins_word(c)) {
      skip_while(continues_word);
      return SqlToken::Kind::kWord;
    }
    if (is_digit(c) || (c == '.' && is_digit(here(1)))) {
      number();
      return SqlToken::Kind::kNumber;
    }
    if (c == '?' || ((c == ':' || c == '@' || c == '$') && continues_word(here(1)))) {
      ++at_;
      skip_while(continues_word);
      return SqlToken::Kind::kParameter;
    }
    ++at_;
    return SqlToken::Kind::kSign;
  }

  Result<SqlToken::Kind> quoted(char end, SqlToken::Kind kind) {
    const size_t begin = at_++;
    while (at_ < sql_.size()) {
      if (sql_[at_++] != end) continue;
      // A doubled quote stands for itself, but not in brackets.
      if (end == ']' || here() != end) return kind;
      ++at_;
    }
    return fail(ErrorCode::kInvalidArgument, fmt::format("the quote {} is never closed", sql_[begin]),
                place_in(sql_, begin));
  }

  void number() {
    skip_while([](char c) { return continues_word(c) || c == '.'; });
    // The sign of an exponent belongs to the number: 1e-3.
    const char last = sql_[at_ - 1];
    if ((last == 'e' || last == 'E') && (here() == '+' || here() == '-') && is_digit(here(1))) {
      ++at_;
      skip_while(is_digit);
    }
  }

  std::string_view sql_;
  size_t at_ = 0;
  std::vector<SqlToken> tokens_;
};

}  // namespace

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return lower;
}

bool SqlToken::is_word(std::string_view word) const {
  return kind == Kind::kWord && lower_case(text) == lower_case(word);
}

std::string SqlToken::content() const {
  if (kind != Kind::kString && kind != Kind::kQuotedName) return std::string(text);
  const char quote = text.front();
  const std::string_view inner = text.substr(1, text.size() - 2);
  std::string content;
  for (size_t i = 0; i < inner.size(); ++i) {
    content += inner[i];
    if (quote != '[' && inner[i] == quote) ++i;
  }
  return content;
}

Result<std::vector<SqlToken>> split_sql(std::string_view sql) { return Splitter(sql).run(); }

Where place_in(std::string_view sql, size_t offset) {
  Where where{"", 1, 1};
  for (char c : sql.substr(0, std::min(offset, sql.size()))) {
    where.column = c == '\n' ? 1 : where.column + 1;
    where.line += c == '\n' ? 1 : 0;
  }
  return where;
}

}  // namespace capstan::catalog
