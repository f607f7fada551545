// The words of PromQL.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace capstan::telemetry::promql {

enum class TokenKind {
  kEnd,
  kNumber,      // Token::number holds the value.
  kDuration,    // Token::number holds seconds; "5m" may stand for 300 anywhere.
  kString,      // Token::text holds the unescaped value.
  kIdentifier,  // A name without colons that is no keyword; inside braces also keywords.
  kMetricName,  // A name with colons.
  kKeyword,     // Token::text is in lower case, Token::spelling as written.
  kLeftParen,
  kRightParen,
  kLeftBrace,
  kRightBrace,
  kLeftBracket,
  kRightBracket,
  kComma,
  kColon,
  kAt,
  kAssign,    // = inside braces.
  kNotEqual,  // != inside and outside of braces.
  kRegexEqual,
  kRegexNotEqual,
  kOperator,  // + - * / % ^ == < > <= >=, in Token::text.
};

// Bytes of the query's text.
struct TextRange {
  size_t begin = 0;
  size_t end = 0;
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;
  std::string spelling;
  double number = 0;
  TextRange at;

  bool is(TokenKind wanted) const { return kind == wanted; }
  bool is_keyword(std::string_view word) const { return kind == TokenKind::kKeyword && text == word; }
  bool is_operator(std::string_view sign) const { return kind == TokenKind::kOperator && text == sign; }

  // "identifier \"up\"", "end of input": what was found, for error messages.
  std::string describe() const;
};

// Line and column of a byte of the text, both from 1; columns count bytes, as Prometheus' do.
Where locate(std::string_view text, size_t byte);

// All tokens, the last of them kEnd; comments are dropped. Errors carry the place.
Result<std::vector<Token>> tokenize(std::string_view text);

// Whether a name needs no quotes: [a-zA-Z_][a-zA-Z0-9_]*, for metrics also colons.
bool is_plain_label_name(std::string_view name);
bool is_plain_metric_name(std::string_view name);

}  // namespace capstan::telemetry::promql
