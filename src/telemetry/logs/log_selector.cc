#include "telemetry/logs/log_selector.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <utility>

namespace capstan::telemetry {
namespace {

constexpr size_t kMaxText = 64 << 10;
constexpr size_t kMaxConditions = 100;

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':' || c == '.';
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

// Recursive descent over the text, with the position for errors.
class LogSelectorParser {
 public:
  explicit LogSelectorParser(std::string_view text) : text_(text) {}

  Result<LogSelector> parse() {
    if (text_.size() > kMaxText) return error(fmt::format("the selector is longer than {} bytes", kMaxText));
    skip_space();
    if (take("{")) TRY(matchers());
    skip_space();
    while (at_ < text_.size()) {
      TRY(filter());
      skip_space();
    }
    return std::move(selector_);
  }

 private:
  std::unexpected<Error> error(std::string message) const {
    Where where{.file = {}, .line = 1, .column = 1};
    for (char c : text_.substr(0, at_)) {
      where.column = c == '\n' ? 1 : where.column + 1;
      where.line += c == '\n' ? 1 : 0;
    }
    return fail(ErrorCode::kInvalidArgument, fmt::format("log selector, column {}: {}", where.column, message), where);
  }
  // "'|'" or "the end", for messages.
  std::string here() const {
    return at_ < text_.size() ? fmt::format("'{}'", text_[at_]) : std::string("the end of the selector");
  }
  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  bool take(std::string_view token) {
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  Status matchers() {
    skip_space();
    while (!take("}")) {
      TRY(matcher());
      skip_space();
      if (take(",")) {
        skip_space();
      } else if (at_ >= text_.size() || text_[at_] != '}') {
        return error(fmt::format("expected ',' or '}}', found {}", here()));
      }
    }
    return {};
  }

  Status matcher() {
    const size_t begin = at_;
    while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    if (at_ == begin) return error(fmt::format("expected a label name or '}}', found {}", here()));
    std::string name(text_.substr(begin, at_ - begin));
    skip_space();
    Matcher::Type type = Matcher::Type::kEqual;
    if (take("=~")) {
      type = Matcher::Type::kRegex;
    } else if (take("!~")) {
      type = Matcher::Type::kNotRegex;
    } else if (take("!=")) {
      type = Matcher::Type::kNotEqual;
    } else if (!take("=")) {
      return error(fmt::format("expected =, !=, =~ or !~ after the label {}, found {}", name, here()));
    }
    skip_space();
    const size_t value_at = at_;
    Result<Matcher> created = Matcher::create(type, std::move(name), TRY(quoted()));
    if (!created) {
      at_ = value_at;
      return error(created.error().message);
    }
    return add(selector_.matchers_, *std::move(created));
  }

  Status filter() {
    LogSelector::Filter filter;
    bool is_regex = false;
    if (take("|=")) {
    } else if (take("|~")) {
      is_regex = true;
    } else if (take("!=")) {
      filter.wanted = false;
    } else if (take("!~")) {
      filter.wanted = false;
      is_regex = true;
    } else {
      return error(fmt::format("expected |=, !=, |~ or !~ and a text in quotes, found {}", here()));
    }
    skip_space();
    const size_t text_at = at_;
    filter.text = TRY(quoted());
    if (is_regex) {
      filter.regex = std::make_shared<const RE2>(piece(filter.text), RE2::Quiet);
      if (!filter.regex->ok()) {
        at_ = text_at;
        return error(fmt::format("bad regular expression '{}': {}", filter.text, filter.regex->error()));
      }
    }
    return add(selector_.filters_, std::move(filter));
  }

  template <class T>
  Status add(std::vector<T>& list, T item) {
    if (list.size() >= kMaxConditions) return error(fmt::format("more than {} conditions", kMaxConditions));
    list.push_back(std::move(item));
    return {};
  }

  Result<std::string> quoted() {
    const size_t begin = at_;
    if (take("`")) {
      const size_t end = text_.find('`', at_);
      if (end == std::string_view::npos) return unclosed(begin);
      std::string value(text_.substr(at_, end - at_));
      at_ = end + 1;
      return value;
    }
    if (!take("\"")) return error(fmt::format("expected a text in quotes, found {}", here()));
    std::string value;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\') {
        value += TRY(escape());
      } else {
        value += text_[at_];
      }
      ++at_;
    }
    if (!take("\"")) return unclosed(begin);
    return value;
  }

  // Leaves the position on the escape's last character.
  Result<char> escape() {
    ++at_;
    switch (at_ < text_.size() ? text_[at_] : '\0') {
      case 'n': return '\n';
      case 't': return '\t';
      case 'r': return '\r';
      case '"': return '"';
      case '\\': return '\\';
      default: return error("expected one of n t r \" \\ after a backslash; texts in backquotes need no escapes");
    }
  }

  std::unexpected<Error> unclosed(size_t begin) {
    at_ = begin;
    return error("this text in quotes does not end");
  }

  std::string_view text_;
  size_t at_ = 0;
  LogSelector selector_;
};

Result<LogSelector> LogSelector::parse(std::string_view text) { return LogSelectorParser(text).parse(); }

bool LogSelector::matches(const Labels& labels) const {
  return std::ranges::all_of(matchers_,
                             [&](const Matcher& matcher) { return matcher.matches(labels.get(matcher.name())); });
}

bool LogSelector::matches(std::string_view line) const {
  return std::ranges::all_of(filters_, [&](const Filter& filter) {
    const bool found =
        filter.regex ? RE2::PartialMatch(piece(line), *filter.regex) : line.find(filter.text) != std::string_view::npos;
    return found == filter.wanted;
  });
}

}  // namespace capstan::telemetry
