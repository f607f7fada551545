#include "telemetry/promql/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "telemetry/promql/function.h"
#include "telemetry/promql/node_builder.h"

namespace capstan::telemetry::promql {
namespace {

// Bounds that keep every sum of times within 64 bits; Prometheus' own durations end at 292 years.
constexpr double kMaxDurationSeconds = 292.0 * 365 * 86'400;
constexpr double kMaxTimeSeconds = 1e12;

// Binding strengths of the binary operators; of equal ones the left binds first, but for ^.
int precedence(BinaryOp op) {
  if (op == BinaryOp::kOr) return 1;
  if (is_set_operator(op)) return 2;
  if (is_comparison(op)) return 3;
  if (op == BinaryOp::kAdd || op == BinaryOp::kSubtract) return 4;
  return op == BinaryOp::kPower ? 6 : 5;
}
constexpr int kUnaryPrecedence = 5;  // -a^b is -(a^b), -a*b is (-a)*b.

class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens) : build_(text), tokens_(std::move(tokens)) {}

  Result<ExprPtr> whole() {
    if (peek().is(TokenKind::kEnd)) return build_.problem(peek().at, "no expression found in input");
    ExprPtr expr = TRY(expression(1));
    if (!peek().is(TokenKind::kEnd)) return unexpected("after an expression", "an operator or the end");
    return expr;
  }

 private:
  const Token& peek(size_t ahead = 0) const { return tokens_[std::min(next_ + ahead, tokens_.size() - 1)]; }
  Token take() { return next_ + 1 < tokens_.size() ? std::move(tokens_[next_++]) : tokens_.back(); }
  bool accept(TokenKind kind) {
    if (!peek().is(kind)) return false;
    last_end_ = take().at.end;
    return true;
  }
  bool accept_keyword(std::string_view word) {
    if (!peek().is_keyword(word)) return false;
    last_end_ = take().at.end;
    return true;
  }
  std::unexpected<Error> unexpected(std::string_view context, std::string_view wanted) const {
    return build_.problem(peek().at, fmt::format("unexpected {} {}: expected {}", peek().describe(), context, wanted));
  }
  Status expect(TokenKind kind, std::string_view context, std::string_view wanted) {
    if (!accept(kind)) return unexpected(context, wanted);
    return {};
  }

  std::optional<BinaryOp> peek_operator() const {
    const Token& token = peek();
    if (token.is(TokenKind::kNotEqual)) return BinaryOp::kNotEqual;
    if (token.is(TokenKind::kOperator) || token.is(TokenKind::kKeyword)) return parse_binary_op(token.text);
    return std::nullopt;
  }

  // Operands joined by operators that bind at least as strongly as `least`.
  Result<ExprPtr> expression(int least) {
    if (++nesting_ > kMaxDepth) {
      return build_.problem(peek().at, fmt::format("the expression is nested deeper than {} levels", kMaxDepth),
                            ErrorCode::kResourceExhausted);
    }
    ExprPtr left = TRY(operand());
    while (const std::optional<BinaryOp> op = peek_operator()) {
      if (precedence(*op) < least) break;
      take();
      Binary node{.op = *op};
      TRY(binary_modifiers(node));
      node.right = TRY(expression(*op == BinaryOp::kPower ? precedence(*op) : precedence(*op) + 1));
      node.left = std::move(left);
      left = TRY(build_.binary(std::move(node)));
    }
    --nesting_;
    return left;
  }

  Status binary_modifiers(Binary& node) {
    if (accept_keyword("bool")) node.return_bool = true;
    Matching& matching = node.matching;
    matching.on = peek().is_keyword("on");
    if (!matching.on && !peek().is_keyword("ignoring")) return {};
    take();
    matching.written = true;
    matching.labels = TRY(label_list());
    if (!peek().is_keyword("group_left") && !peek().is_keyword("group_right")) return {};
    matching.group = take().text == "group_left" ? Matching::Group::kLeft : Matching::Group::kRight;
    if (peek().is(TokenKind::kLeftParen)) matching.include = TRY(label_list());
    return {};
  }

  // (a, b, "c.d")
  Result<std::vector<std::string>> label_list() {
    std::vector<std::string> labels;
    TRY(expect(TokenKind::kLeftParen, "in grouping", "'(' before label names"));
    while (!accept(TokenKind::kRightParen)) {
      const bool named =
          peek().is(TokenKind::kIdentifier) || peek().is(TokenKind::kKeyword) || peek().is(TokenKind::kNumber);
      const bool quoted = peek().is(TokenKind::kString) && !peek().text.empty();
      // "nan" and "inf" are read as numbers but are labels here.
      if ((!named || (peek().is(TokenKind::kNumber) && peek().spelling.empty())) && !quoted)
        return unexpected("in grouping", "a label name or ')'");
      Token token = take();
      labels.push_back(quoted ? std::move(token.text) : std::move(token.spelling));
      if (!peek().is(TokenKind::kRightParen)) TRY(expect(TokenKind::kComma, "in grouping", "',' or ')'"));
    }
    return labels;
  }

  Result<ExprPtr> operand() {
    if (peek().is_operator("-") || peek().is_operator("+")) {
      const Token sign = take();
      ExprPtr inner = TRY(expression(kUnaryPrecedence + 1));
      const TextRange at{sign.at.begin, inner->at.end};
      return build_.unary(at, sign.text == "-", std::move(inner));
    }
    ExprPtr expr = TRY(primary());
    while (true) {
      if (peek().is(TokenKind::kLeftBracket)) {
        expr = TRY(range(std::move(expr)));
      } else if (peek().is_keyword("offset")) {
        const size_t begin = take().at.begin;
        const double seconds = TRY(signed_seconds("offset"));
        expr = TRY(build_.with_offset({begin, last_end_}, std::move(expr), std::llround(seconds * 1000)));
      } else if (peek().is(TokenKind::kAt)) {
        expr = TRY(at_modifier(std::move(expr)));
      } else {
        return expr;
      }
    }
  }

  Result<ExprPtr> primary() {
    const Token& token = peek();
    const size_t begin = token.at.begin;
    switch (token.kind) {
      case TokenKind::kNumber:
      case TokenKind::kDuration: {
        const Token number = take();
        return build_.literal(number.at, NumberLiteral{number.number, number.is(TokenKind::kDuration)});
      }
      case TokenKind::kString: {
        Token text = take();
        return build_.literal(text.at, StringLiteral{std::move(text.text)});
      }
      case TokenKind::kLeftParen: {
        take();
        ExprPtr inner = TRY(expression(1));
        TRY(expect(TokenKind::kRightParen, "in parentheses", "')'"));
        return build_.paren({begin, last_end_}, std::move(inner));
      }
      case TokenKind::kLeftBrace: return selector("", begin);
      case TokenKind::kIdentifier:
        if (peek(1).is(TokenKind::kLeftParen)) return call();
        [[fallthrough]];
      case TokenKind::kMetricName: return named_selector(begin);
      case TokenKind::kKeyword: return keyword(begin);
      default: return unexpected("", "an expression");
    }
  }

  // Keywords may name metrics where nothing else can be meant.
  Result<ExprPtr> keyword(size_t begin) {
    if (const auto op = parse_aggregate_op(peek().text)) {
      const Token& after = peek(1);
      if (after.is(TokenKind::kLeftParen) || after.is_keyword("by") || after.is_keyword("without"))
        return aggregate(*op);
      return named_selector(begin);
    }
    for (const std::string_view word : {"and", "or", "unless", "by", "without", "offset"}) {
      if (peek().text == word) return named_selector(begin);
    }
    return unexpected("", "an expression");
  }

  Result<ExprPtr> named_selector(size_t begin) {
    Token name = take();
    last_end_ = name.at.end;
    return selector(std::move(name.spelling), begin);
  }

  Result<ExprPtr> call() {
    const Token name = take();
    const Function* function = find_function(name.text);
    if (function == nullptr) {
      return build_.problem(name.at,
                            fmt::format("unknown function with name \"{}\"{}", name.text, suggest_function(name.text)));
    }
    Call call{.function = function, .arguments = TRY(arguments())};
    return build_.call({name.at.begin, last_end_}, std::move(call));
  }

  Result<std::vector<ExprPtr>> arguments() {
    std::vector<ExprPtr> list;
    TRY(expect(TokenKind::kLeftParen, "in a call", "'('"));
    if (accept(TokenKind::kRightParen)) return list;
    while (true) {
      if (peek().is(TokenKind::kRightParen))
        return build_.problem(peek().at, "trailing commas not allowed in function call args");
      list.push_back(TRY(expression(1)));
      if (accept(TokenKind::kRightParen)) return list;
      TRY(expect(TokenKind::kComma, "in the arguments of a call", "',' or ')'"));
    }
  }

  Result<ExprPtr> aggregate(AggregateOp op) {
    const size_t begin = take().at.begin;
    Aggregate node{.op = op};
    bool grouped = TRY(grouping(node));
    std::vector<ExprPtr> list = TRY(arguments());
    if (!grouped) grouped = TRY(grouping(node));
    const size_t wanted = has_parameter(op) ? 2 : 1;
    if (list.size() != wanted) {
      return build_.problem(
          {begin, last_end_},
          fmt::format("wrong number of arguments for aggregate expression provided, expected {}, got {}", wanted,
                      list.size()));
    }
    node.expr = std::move(list.back());
    if (wanted == 2) node.parameter = std::move(list.front());
    return build_.aggregate({begin, last_end_}, std::move(node));
  }

  Result<bool> grouping(Aggregate& node) {
    if (!peek().is_keyword("by") && !peek().is_keyword("without")) return false;
    node.without = take().text == "without";
    node.labels = TRY(label_list());
    return true;
  }

  // What follows a metric name, or stands alone: {a="b", "my.metric"}
  Result<ExprPtr> selector(std::string name, size_t begin) {
    VectorSelector selector{.name = std::move(name)};
    if (accept(TokenKind::kLeftBrace)) {
      while (!accept(TokenKind::kRightBrace)) {
        TRY(brace_item(selector));
        if (!peek().is(TokenKind::kRightBrace)) TRY(expect(TokenKind::kComma, "in label matching", "',' or '}'"));
      }
    }
    if (!selector.name.empty()) {
      const bool twice = std::ranges::any_of(selector.matchers, [](const Matcher& m) {
        return m.name() == kMetricName && m.type() == Matcher::Type::kEqual;
      });
      if (twice)
        return build_.problem(
            {begin, last_end_},
            fmt::format("metric name must not be set twice: \"{}\" and a matcher of __name__", selector.name));
      selector.matchers.push_back(TRY(Matcher::create(Matcher::Type::kEqual, std::string(kMetricName), selector.name)));
    }
    return build_.selector({begin, last_end_}, std::move(selector));
  }

  Status brace_item(VectorSelector& selector) {
    if (!peek().is(TokenKind::kIdentifier) && !peek().is(TokenKind::kString)) {
      return unexpected("in label matching", "a label name or '}'");
    }
    Token label = take();
    std::optional<Matcher::Type> type;
    switch (peek().kind) {
      case TokenKind::kAssign: type = Matcher::Type::kEqual; break;
      case TokenKind::kNotEqual: type = Matcher::Type::kNotEqual; break;
      case TokenKind::kRegexEqual: type = Matcher::Type::kRegex; break;
      case TokenKind::kRegexNotEqual: type = Matcher::Type::kNotRegex; break;
      default: break;
    }
    if (!type) {
      if (!label.is(TokenKind::kString)) return unexpected("in label matching", "one of =, !=, =~, !~");
      if (label.text.empty()) return build_.problem(label.at, "a metric name must not be empty");
      if (!selector.name.empty())
        return build_.problem(
            label.at, fmt::format("metric name must not be set twice: \"{}\" or \"{}\"", selector.name, label.text));
      selector.name = std::move(label.text);
      return {};
    }
    if (label.text.empty()) return build_.problem(label.at, "a label name must not be empty");
    take();
    if (!peek().is(TokenKind::kString)) return unexpected("in label matching", "a string in quotes");
    Token value = take();
    Result<Matcher> matcher = Matcher::create(*type, std::move(label.text), std::move(value.text));
    if (!matcher) return build_.problem(value.at, matcher.error().message);
    selector.matchers.push_back(std::move(*matcher));
    return {};
  }

  // [5m], [5m:], [5m:1m]
  Result<ExprPtr> range(ExprPtr expr) {
    const size_t begin = take().at.begin;
    const int64_t range_ms = TRY(positive_ms("range"));
    if (!accept(TokenKind::kColon)) {
      TRY(expect(TokenKind::kRightBracket, "in a range", "']' or ':'"));
      return build_.matrix({begin, last_end_}, std::move(expr), range_ms);
    }
    Subquery node{.expr = std::move(expr), .range_ms = range_ms};
    if (!peek().is(TokenKind::kRightBracket)) node.step_ms = TRY(positive_ms("subquery step"));
    TRY(expect(TokenKind::kRightBracket, "in a subquery", "']'"));
    return build_.subquery({begin, last_end_}, std::move(node));
  }

  Result<ExprPtr> at_modifier(ExprPtr expr) {
    const size_t begin = take().at.begin;
    AtModifier modifier;
    if (peek().is(TokenKind::kIdentifier) && (peek().text == "start" || peek().text == "end")) {
      modifier.kind = take().text == "start" ? AtModifier::Kind::kStart : AtModifier::Kind::kEnd;
      TRY(expect(TokenKind::kLeftParen, "after @ start or @ end", "'('"));
      TRY(expect(TokenKind::kRightParen, "after @ start or @ end", "')'"));
    } else {
      modifier.ms = std::llround(TRY(signed_number("@", kMaxTimeSeconds)) * 1000);
    }
    return build_.with_at({begin, last_end_}, std::move(expr), modifier);
  }

  Result<double> signed_seconds(std::string_view what) { return signed_number(what, kMaxDurationSeconds); }

  Result<double> signed_number(std::string_view what, double most) {
    bool negative = false;
    if (peek().is_operator("-") || peek().is_operator("+")) negative = take().text == "-";
    if (!peek().is(TokenKind::kNumber) && !peek().is(TokenKind::kDuration))
      return unexpected(fmt::format("in {}", what), "a number or duration");
    const Token token = take();
    last_end_ = token.at.end;
    if (!(std::abs(token.number) <= most)) return build_.problem(token.at, fmt::format("{} is out of bounds", what));
    return negative ? -token.number : token.number;
  }

  Result<int64_t> positive_ms(std::string_view what) {
    const TextRange at = peek().at;
    const int64_t ms = std::llround(TRY(signed_seconds(what)) * 1000);
    if (ms <= 0) return build_.problem(at, "duration must be greater than 0");
    return ms;
  }

  NodeBuilder build_;
  std::vector<Token> tokens_;
  size_t next_ = 0;
  size_t last_end_ = 0;  // Where the last token taken by accept() or a number ended.
  int nesting_ = 0;
};

}  // namespace

Result<ExprPtr> parse_expression(std::string_view text) {
  if (text.size() > kMaxExpressionBytes) {
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("the expression has {} bytes; the most is {}", text.size(), kMaxExpressionBytes));
  }
  return Parser(text, TRY(tokenize(text))).whole();
}

Result<std::vector<Matcher>> parse_series_selector(std::string_view text) {
  const ExprPtr expr = TRY(parse_expression(text));
  const VectorSelector* selector = expr->as<VectorSelector>();
  if (selector == nullptr || selector->time.at || selector->time.offset_ms) {
    return fail(ErrorCode::kInvalidArgument, "expected a series selector such as up{job=\"x\"}", Where{"", 1, 1});
  }
  return selector->matchers;
}

}  // namespace capstan::telemetry::promql
