#include "telemetry/promql/printer.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/time.h"
#include "telemetry/promql/function.h"
#include "telemetry/promql/quoting.h"

namespace capstan::telemetry::promql {
namespace {

std::string label_text(const std::string& name) { return is_plain_label_name(name) ? name : quote(name); }

std::string list(const std::vector<std::string>& labels) {
  std::string out = "(";
  for (const std::string& label : labels) {
    if (out.size() > 1) out += ", ";
    out += label_text(label);
  }
  return out + ")";
}

std::string seconds_text(int64_t ms) { return format_duration(Duration(ms)); }

std::string time_text(const TimeModifiers& time) {
  std::string out;
  if (time.at) {
    switch (time.at->kind) {
      case AtModifier::Kind::kTime: out += fmt::format(" @ {:.3f}", static_cast<double>(time.at->ms) / 1000.0); break;
      case AtModifier::Kind::kStart: out += " @ start()"; break;
      case AtModifier::Kind::kEnd: out += " @ end()"; break;
    }
  }
  if (time.offset_ms) out += " offset " + seconds_text(*time.offset_ms);
  return out;
}

// Names that mean something else where an expression is expected, and so are written in quotes.
bool is_reserved(const std::string& name) {
  const Result<std::vector<Token>> tokens = tokenize(name);
  if (!tokens || tokens->front().is(TokenKind::kNumber)) return true;
  if (!tokens->front().is(TokenKind::kKeyword)) return false;
  for (const std::string_view word : {"bool", "on", "ignoring", "group_left", "group_right", "atan2"}) {
    if (tokens->front().text == word) return true;
  }
  return false;
}

std::string selector_text(const VectorSelector& selector) {
  static constexpr const char* kSigns[] = {"=", "!=", "=~", "!~"};
  const bool plain = is_plain_metric_name(selector.name) && !is_reserved(selector.name);
  std::string inner;
  if (!selector.name.empty() && !plain) inner = quote(selector.name);
  const size_t own = selector.matchers.size() - (selector.name.empty() ? 0 : 1);
  for (size_t i = 0; i < own; ++i) {
    const Matcher& matcher = selector.matchers[i];
    if (!inner.empty()) inner += ",";
    inner += label_text(matcher.name()) + kSigns[static_cast<int>(matcher.type())] + quote(matcher.value());
  }
  std::string out = plain ? selector.name : "";
  if (!inner.empty() || out.empty()) out += "{" + inner + "}";
  return out;
}

struct Printer {
  std::string operator()(const NumberLiteral& number) const {
    // Without its sign, which would be taken for an operator: +Inf ^ x is +(Inf ^ x).
    if (number.value == INFINITY) return "Inf";
    if (!number.is_duration) return format_value(number.value);
    return seconds_text(std::llround(number.value * 1000));
  }
  std::string operator()(const StringLiteral& text) const { return quote(text.value); }
  std::string operator()(const VectorSelector& selector) const {
    return selector_text(selector) + time_text(selector.time);
  }
  std::string operator()(const MatrixSelector& matrix) const {
    return selector_text(matrix.selector) + "[" + seconds_text(matrix.range_ms) + "]" + time_text(matrix.selector.time);
  }
  std::string operator()(const Subquery& query) const {
    return print(*query.expr) + "[" + seconds_text(query.range_ms) + ":" +
           (query.step_ms > 0 ? seconds_text(query.step_ms) : "") + "]" + time_text(query.time);
  }
  std::string operator()(const Call& call) const {
    std::string out(call.function->name);
    out += "(";
    for (size_t i = 0; i < call.arguments.size(); ++i) out += (i > 0 ? ", " : "") + print(*call.arguments[i]);
    return out + ")";
  }
  std::string operator()(const Aggregate& node) const {
    std::string out(to_string(node.op));
    if (node.without) {
      out += " without " + list(node.labels) + " ";
    } else if (!node.labels.empty()) {
      out += " by " + list(node.labels) + " ";
    }
    out += "(";
    if (node.parameter != nullptr) out += print(*node.parameter) + ", ";
    return out + print(*node.expr) + ")";
  }
  std::string operator()(const Binary& node) const {
    std::string out = print(*node.left) + " " + std::string(to_string(node.op));
    if (node.return_bool) out += " bool";
    const Matching& matching = node.matching;
    if (matching.written) out += (matching.on ? " on " : " ignoring ") + list(matching.labels);
    if (matching.group != Matching::Group::kNone) {
      out += (matching.group == Matching::Group::kLeft ? " group_left " : " group_right ") + list(matching.include);
    }
    return out + " " + print(*node.right);
  }
  std::string operator()(const Unary& unary) const { return (unary.negative ? "-" : "+") + print(*unary.expr); }
  std::string operator()(const Paren& paren) const { return "(" + print(*paren.expr) + ")"; }
};

template <class... Form>
std::string shortest(double value, Form... form) {
  char buffer[400];  // The longest plain form has 309 digits before or 324 after the point.
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, form...);
  return error == std::errc() ? std::string(buffer, end) : std::string();
}

std::string special(double value) { return std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf"; }

}  // namespace

std::string print(const Expr& expr) { return std::visit(Printer{}, expr.node); }

std::string format_plain(double value) {
  return std::isfinite(value) ? shortest(value, std::chars_format::fixed) : special(value);
}

std::string format_value(double value) {
  if (!std::isfinite(value)) return special(value);
  const double size = std::abs(value);
  const bool exponent = size != 0 && (size < 1e-6 || size >= 1e21);
  return shortest(value, exponent ? std::chars_format::scientific : std::chars_format::fixed);
}

}  // namespace capstan::telemetry::promql
