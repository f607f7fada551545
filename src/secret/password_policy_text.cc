// Reads password policies in Vault's words, which are HCL.
#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/trim.h"
#include "secret/password_policy.h"

namespace capstan::secret {
namespace {

constexpr size_t kMostRules = 50;
constexpr size_t kLargestText = 64 << 10;

struct Token {
  enum class Kind { kName, kText, kNumber, kSign, kEnd };
  Kind kind = Kind::kEnd;
  std::string text;
  Where where;
};

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

std::unexpected<Error> expected(std::string_view what, const Token& found) {
  const std::string shown = found.kind == Token::Kind::kEnd    ? "the end"
                            : found.kind == Token::Kind::kText ? "a text"
                                                               : fmt::format("'{}'", found.text);
  return fail(ErrorCode::kInvalidArgument, fmt::format("expected {}, found {}", what, shown), found.where);
}

class Lexer {
 public:
  Lexer(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  Result<Token> next() {
    TRY(skip());
    Token token{.where = here()};
    if (at_end()) return token;
    const char c = text_[at_];
    if (c == '"') return text(std::move(token));
    if (c == '{' || c == '}' || c == '=' || c == ',') {
      token.kind = Token::Kind::kSign;
      token.text = take();
      return token;
    }
    while (!at_end() && is_name(text_[at_])) token.text += take();
    if (token.text.empty()) return fail(ErrorCode::kInvalidArgument, "a character that belongs in no policy", here());
    const bool is_number = token.text.find_first_not_of("0123456789") == std::string::npos;
    token.kind = is_number ? Token::Kind::kNumber : Token::Kind::kName;
    return token;
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  bool comes(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  Where here() const { return {file_, line_, column_}; }

  char take() {
    const char c = text_[at_++];
    ++column_;
    if (c == '\n') {
      ++line_;
      column_ = 1;
    }
    return c;
  }

  Status skip() {
    while (!at_end()) {
      if (kBlanks.find(text_[at_]) != std::string_view::npos) {
        take();
      } else if (comes("#") || comes("//")) {
        while (!at_end() && text_[at_] != '\n') take();
      } else if (comes("/*")) {
        const Where begin = here();
        while (!at_end() && !comes("*/")) take();
        if (at_end()) return fail(ErrorCode::kInvalidArgument, "this comment has no end", begin);
        take();
        take();
      } else {
        break;
      }
    }
    return {};
  }

  Result<Token> text(Token token) {
    token.kind = Token::Kind::kText;
    take();
    while (!at_end() && text_[at_] != '"' && text_[at_] != '\n') {
      const Where where = here();
      char c = take();
      if (c == '\\') {
        if (at_end() || (text_[at_] != '"' && text_[at_] != '\\')) {
          return fail(ErrorCode::kInvalidArgument, "expected \\\" or \\\\", where);
        }
        c = take();
      }
      token.text += c;
    }
    if (at_end() || text_[at_] == '\n') return fail(ErrorCode::kInvalidArgument, "this text has no end", token.where);
    take();
    return token;
  }

  std::string_view text_;
  const std::string file_;
  size_t at_ = 0;
  int line_ = 1;
  int column_ = 1;
};

class Parser {
 public:
  Parser(std::string_view text, std::string_view file) : lexer_(text, file) {}

  Result<PasswordPolicy> parse() {
    TRY(advance());
    PasswordPolicy policy;
    while (token_.kind != Token::Kind::kEnd) {
      const Token name = token_;
      if (name.kind == Token::Kind::kName && name.text == "length") {
        if (policy.length != 0) return fail(ErrorCode::kInvalidArgument, "'length' is set twice", name.where);
        policy.length = TRY(number("length", kShortestPassword, kLongestPassword));
      } else if (name.kind == Token::Kind::kName && name.text == "rule") {
        if (policy.rules.size() == kMostRules) {
          return fail(ErrorCode::kResourceExhausted, fmt::format("a policy has at most {} rules", kMostRules),
                      name.where);
        }
        policy.rules.push_back(TRY(rule()));
      } else {
        return expected("'length' or 'rule'", name);
      }
    }
    if (policy.length == 0) return expected("'length = NUMBER'", token_);
    if (policy.rules.empty()) return expected("'rule \"charset\" { charset = \"…\" }'", token_);
    return policy;
  }

 private:
  Status advance() {
    token_ = TRY(lexer_.next());
    return {};
  }

  Status sign(std::string_view text) {
    if (token_.kind != Token::Kind::kSign || token_.text != text) return expected(fmt::format("'{}'", text), token_);
    return advance();
  }

  // After the name, which is the current token.
  Result<int64_t> number(std::string_view name, int64_t least, int64_t most) {
    TRY(advance());
    TRY(sign("="));
    int64_t value = -1;
    const auto [end, problem] = std::from_chars(token_.text.data(), token_.text.data() + token_.text.size(), value);
    if (token_.kind != Token::Kind::kNumber || problem != std::errc() || value < least || value > most) {
      return expected(fmt::format("a number from {} to {} for '{}'", least, most, name), token_);
    }
    TRY(advance());
    return value;
  }

  Result<CharsetRule> rule() {
    const Where where = token_.where;
    TRY(advance());
    if (token_.text != "charset" || (token_.kind != Token::Kind::kText && token_.kind != Token::Kind::kName)) {
      return expected("\"charset\", the only kind of rule there is", token_);
    }
    TRY(advance());
    TRY(sign("{"));
    CharsetRule rule;
    while (token_.kind == Token::Kind::kName) TRY(entry(rule));
    TRY(sign("}"));
    if (rule.charset.empty()) return fail(ErrorCode::kInvalidArgument, "this rule has no 'charset'", where);
    return rule;
  }

  Status entry(CharsetRule& rule) {
    const Token name = token_;
    if (name.text == "charset") {
      TRY(advance());
      TRY(sign("="));
      if (token_.kind != Token::Kind::kText) return expected("characters in quotes", token_);
      Result<std::string> charset = charset_of(token_.text);
      if (!charset) return fail(charset.error().code, charset.error().message, token_.where);
      rule.charset = *std::move(charset);
      TRY(advance());
    } else if (name.text == "min-chars") {
      rule.least = TRY(number("min-chars", 0, kLongestPassword));
    } else {
      return expected("'charset' or 'min-chars'", name);
    }
    if (token_.kind == Token::Kind::kSign && token_.text == ",") return advance();
    return {};
  }

  Lexer lexer_;
  Token token_;
};

}  // namespace

Result<PasswordPolicy> parse_password_policy(std::string_view text, std::string_view file) {
  if (text.size() > kLargestText) {
    return fail(ErrorCode::kResourceExhausted, fmt::format("a password policy has at most {} bytes", kLargestText));
  }
  return Parser(text, file).parse();
}

}  // namespace capstan::secret
