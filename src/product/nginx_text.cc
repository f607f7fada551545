// nginx.conf: directives that end with ';' or hold a block in braces, words in quotes, comments.
// Source: "Configuration file's structure" of nginx' beginner's guide.
#include <fmt/format.h>

#include <cctype>

#include "product/config_text.h"

namespace capstan::product {
namespace {

class NginxReader {
 public:
  NginxReader(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  Result<std::vector<ConfigEntry>> read() {
    std::vector<ConfigEntry> entries;
    TRY(read_block(entries, 0));
    return entries;
  }

 private:
  struct Token {
    enum class Kind { kWord, kOpen, kClose, kEnd, kNothing } kind = Kind::kNothing;
    std::string text;
    int line = 0;
  };

  std::unexpected<Error> wrong(std::string message, int line, ErrorCode code = ErrorCode::kInvalidArgument) const {
    return fail(code, std::move(message), {std::string(file_), line, 0});
  }

  void skip_blanks() {
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      }
      if (at_ >= text_.size() || !std::isspace(static_cast<unsigned char>(text_[at_]))) return;
      if (text_[at_] == '\n') ++line_;
    }
  }

  Result<Token> next() {
    skip_blanks();
    Token token{.kind = Token::Kind::kNothing, .text = {}, .line = line_};
    if (at_ >= text_.size()) return token;
    const char first = text_[at_];
    if (first == '{' || first == '}' || first == ';') {
      ++at_;
      token.kind = first == '{' ? Token::Kind::kOpen : first == '}' ? Token::Kind::kClose : Token::Kind::kEnd;
      return token;
    }
    token.kind = Token::Kind::kWord;
    if (first == '"' || first == '\'') {
      TRY(read_quoted(token));
    } else {
      read_word(token);
    }
    return token;
  }

  Status read_quoted(Token& token) {
    const char quote = text_[at_++];
    for (; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == quote) {
        ++at_;
        return {};
      }
      const bool escapes = c == '\\' && at_ + 1 < text_.size() && (text_[at_ + 1] == quote || text_[at_ + 1] == '\\');
      if (escapes) c = text_[++at_];
      if (c == '\n') ++line_;
      token.text += c;
    }
    return wrong(fmt::format("a {} is not closed", quote), token.line);
  }

  // "${name}" is part of a word; any other brace ends it.
  void read_word(Token& token) {
    bool in_variable = false;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (in_variable) {
        if (c == '}') in_variable = false;
      } else if (c == '{' && token.text.ends_with('$')) {
        in_variable = true;
      } else if (std::isspace(static_cast<unsigned char>(c)) || c == ';' || c == '{' || c == '}') {
        return;
      }
      if (c == '\n') ++line_;
      token.text += c;
    }
  }

  Status read_block(std::vector<ConfigEntry>& entries, int depth) {
    if (depth > kMostDepth) {
      return wrong(fmt::format("blocks are nested more than {} levels deep", kMostDepth), line_,
                   ErrorCode::kResourceExhausted);
    }
    while (true) {
      Token token = TRY(next());
      if (token.kind == Token::Kind::kNothing) {
        if (depth > 0) return wrong("a '}' is missing at the end", token.line);
        return {};
      }
      if (token.kind == Token::Kind::kClose) {
        if (depth == 0) return wrong("a '}' without its '{'", token.line);
        return {};
      }
      if (token.kind != Token::Kind::kWord) return wrong("expected a directive", token.line);
      TRY(read_directive(std::move(token), entries, depth));
    }
  }

  Status read_directive(Token name, std::vector<ConfigEntry>& entries, int depth) {
    if (++count_ > kMostEntries) {
      return wrong(fmt::format("more than {} directives", kMostEntries), name.line, ErrorCode::kResourceExhausted);
    }
    ConfigEntry entry{
        .name = std::move(name.text), .values = {}, .where = {std::string(file_), name.line, 0}, .entries = {}};
    while (true) {
      Token token = TRY(next());
      switch (token.kind) {
        case Token::Kind::kWord: entry.values.push_back(std::move(token.text)); continue;
        case Token::Kind::kOpen: TRY(read_block(entry.entries, depth + 1)); break;
        case Token::Kind::kEnd: break;
        default: return wrong(fmt::format("the directive '{}' is not ended by ';'", entry.name), entry.where.line);
      }
      entries.push_back(std::move(entry));
      return {};
    }
  }

  std::string_view text_;
  std::string_view file_;
  size_t at_ = 0;
  int line_ = 1;
  size_t count_ = 0;
};

}  // namespace

Result<std::vector<ConfigEntry>> read_nginx(std::string_view text, std::string_view file) {
  return NginxReader(text, file).read();
}

}  // namespace capstan::product
