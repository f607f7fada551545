#include "detect/template_lexer.h"

#include <fmt/format.h>

#include <charconv>

namespace capstan::detect {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

bool is_space(char c) { return kSpace.find(c) != std::string_view::npos; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c); }

void append_utf8(std::string& out, uint32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xc0 | point >> 6);
    out += static_cast<char>(0x80 | (point & 0x3f));
  } else {
    out += static_cast<char>(0xe0 | point >> 12);
    out += static_cast<char>(0x80 | (point >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (point & 0x3f));
  }
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<TemplateToken>> run() {
    bool trim_left = false;
    while (at_ < text_.size()) {
      const size_t open = std::min(text_.find("{{", at_), text_.size());
      std::string_view plain = text_.substr(at_, open - at_);
      if (trim_left) plain.remove_prefix(std::min(plain.find_first_not_of(kSpace), plain.size()));
      const bool trim_right = open + 3 < text_.size() && text_[open + 2] == '-' && is_space(text_[open + 3]);
      if (trim_right) {
        const size_t last = plain.find_last_not_of(kSpace);
        plain = plain.substr(0, last == std::string_view::npos ? 0 : last + 1);
      }
      if (!plain.empty()) add(TemplateToken::Kind::kText, std::string(plain));
      move_to(open);
      if (at_ == text_.size()) break;
      trim_left = TRY(action(trim_right));
    }
    return std::move(tokens_);
  }

 private:
  std::unexpected<Error> bad(std::string message) const {
    return fail(ErrorCode::kInvalidArgument, std::move(message), {"", position_.line, position_.column});
  }

  void move_to(size_t to) {
    for (; at_ < to; ++at_) {
      if (text_[at_] == '\n') {
        ++position_.line;
        position_.column = 1;
      } else {
        ++position_.column;
      }
    }
  }

  void add(TemplateToken::Kind kind, std::string text) {
    tokens_.push_back({kind, std::move(text), after_space_, position_});
    after_space_ = false;
  }

  // From "{{" to behind "}}". True when the text after it is to be trimmed.
  Result<bool> action(bool trimmed) {
    const size_t start = at_ + (trimmed ? 3 : 2);
    const size_t first = text_.find_first_not_of(kSpace, start);
    if (first != std::string_view::npos && text_.substr(first).starts_with("/*")) return comment(first);
    add(TemplateToken::Kind::kOpen, "{{");
    move_to(start);
    while (true) {
      const size_t before = at_;
      move_to(std::min(text_.find_first_not_of(kSpace, at_), text_.size()));
      after_space_ = at_ > before;
      const std::string_view rest = text_.substr(at_);
      if (rest.empty()) return bad("the action does not end with '}}'");
      if (rest.starts_with("}}")) return close(2, false);
      if (after_space_ && rest.starts_with("-}}")) return close(3, true);
      TRY(token(rest));
    }
  }

  bool close(size_t length, bool trim) {
    add(TemplateToken::Kind::kClose, "}}");
    move_to(at_ + length);
    return trim;
  }

  Result<bool> comment(size_t first) {
    const size_t end = text_.find("*/", first + 2);
    if (end == std::string_view::npos) return bad("the comment does not end with '*/'");
    const size_t after = text_.find_first_not_of(kSpace, end + 2);
    const std::string_view rest = after == std::string_view::npos ? "" : text_.substr(after);
    const bool trim = after > end + 2 && rest.starts_with("-}}");
    if (!trim && !rest.starts_with("}}")) return bad("a comment must end with '*/}}'");
    move_to(after + (trim ? 3 : 2));
    return trim;
  }

  Status token(std::string_view rest) {
    const char c = rest.front();
    if (c == '"') return quoted(rest);
    if (c == '`') return raw(rest);
    if (rest.starts_with(":=")) return take(TemplateToken::Kind::kSymbol, 2);
    if (std::string_view("|(),=").find(c) != std::string_view::npos) return take(TemplateToken::Kind::kSymbol, 1);
    if (c == '$') return take(TemplateToken::Kind::kVariable, 1 + word_length(rest.substr(1)));
    if (is_digit(c) || ((c == '-' || c == '+' || c == '.') && rest.size() > 1 && is_digit(rest[1])))
      return number(rest);
    if (c == '.') return take(TemplateToken::Kind::kField, 1 + word_length(rest.substr(1)));
    if (is_word(c)) return take(TemplateToken::Kind::kWord, word_length(rest));
    return bad(fmt::format("unexpected '{}'", c));
  }

  static size_t word_length(std::string_view text) {
    size_t length = 0;
    while (length < text.size() && is_word(text[length])) ++length;
    return length;
  }

  Status take(TemplateToken::Kind kind, size_t length) {
    add(kind, std::string(text_.substr(at_, length)));
    move_to(at_ + length);
    return {};
  }

  Status number(std::string_view rest) {
    size_t length = 1;
    while (length < rest.size() &&
           (is_word(rest[length]) || rest[length] == '.' ||
            ((rest[length] == '-' || rest[length] == '+') && (rest[length - 1] | 0x20) == 'e'))) {
      ++length;
    }
    return take(TemplateToken::Kind::kNumber, length);
  }

  Status raw(std::string_view rest) {
    const size_t end = rest.find('`', 1);
    if (end == std::string_view::npos) return bad("the raw text does not end with '`'");
    add(TemplateToken::Kind::kString, std::string(rest.substr(1, end - 1)));
    move_to(at_ + end + 1);
    return {};
  }

  Status quoted(std::string_view rest) {
    std::string out;
    size_t i = 1;
    while (i < rest.size() && rest[i] != '"') {
      if (rest[i] == '\n') break;
      if (rest[i] != '\\') {
        out += rest[i++];
        continue;
      }
      const size_t length = TRY(escape(rest.substr(i), out));
      i += length;
    }
    if (i >= rest.size() || rest[i] != '"') return bad("the text does not end with '\"'");
    add(TemplateToken::Kind::kString, std::move(out));
    move_to(at_ + i + 1);
    return {};
  }

  // Go's escapes of a string literal. Gives how much of `rest` it took.
  Result<size_t> escape(std::string_view rest, std::string& out) const {
    const char c = rest.size() > 1 ? rest[1] : '\0';
    constexpr std::string_view kNames = "abfnrtv\\\"'";
    constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\\"'";
    if (const size_t index = kNames.find(c); c != '\0' && index != std::string_view::npos) {
      out += kValues[index];
      return 2;
    }
    const size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : 0;
    uint32_t point = 0;
    if (digits > 0 && rest.size() >= 2 + digits) {
      const char* begin = rest.data() + 2;
      if (std::from_chars(begin, begin + digits, point, 16).ptr == begin + digits) {
        if (c == 'x')
          out += static_cast<char>(point);
        else
          append_utf8(out, point);
        return 2 + digits;
      }
    }
    return bad(fmt::format("unknown escape '\\{}' in a text", c == '\0' ? ' ' : c));
  }

  std::string_view text_;
  size_t at_ = 0;
  bool after_space_ = false;
  TemplatePosition position_;
  std::vector<TemplateToken> tokens_;
};

}  // namespace

Result<std::vector<TemplateToken>> lex_template(std::string_view text) { return Lexer(text).run(); }

}  // namespace capstan::detect
