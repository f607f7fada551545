#include "connect/aws/path_expression.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <utility>

namespace capstan::aws {

struct PathExpression::Node {
  enum class Kind {
    kCurrent,
    kField,      // text
    kIndex,      // number
    kThen,       // right, of what left gives
    kFlatten,    // the lists in what left gives, as one; right of each
    kEach,       // right of each element of what left gives
    kEachValue,  // right of each member of what left gives
    kFilter,     // right of each element of what left gives for which `test` holds
    kCompare,    // text is the operator
    kOr,
    kAnd,
    kNot,
    kLiteral,
    kLength,
  };
  Kind kind = Kind::kCurrent;
  std::string text = {};
  int64_t number = 0;
  Json literal = {};
  std::shared_ptr<const Node> left = nullptr;
  std::shared_ptr<const Node> right = nullptr;
  std::shared_ptr<const Node> test = nullptr;
};

namespace {

using Node = PathExpression::Node;
using Kind = Node::Kind;
using NodePointer = std::shared_ptr<const Node>;

constexpr int kMostDepth = 50;
constexpr int kMostSteps = 200;
constexpr size_t kMostCharacters = 2000;

NodePointer make(Node node) { return std::make_shared<const Node>(std::move(node)); }
NodePointer current() { return make({.kind = Kind::kCurrent}); }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<NodePointer> parse() {
    NodePointer node = TRY(parse_or(0));
    skip_blanks();
    if (at_ != text_.size()) return bad("expected the end");
    return node;
  }

 private:
  std::unexpected<Error> bad(std::string_view what) const {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{} at column {} of '{}'", what, at_ + 1, text_));
  }
  void skip_blanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  bool take(std::string_view token) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  bool sees(std::string_view token) {
    skip_blanks();
    return text_.substr(at_).starts_with(token);
  }

  Result<NodePointer> parse_or(int depth) {
    if (depth > kMostDepth) return bad("nested too deep");
    NodePointer left = TRY(parse_and(depth));
    while (take("||")) left = make({.kind = Kind::kOr, .left = left, .right = TRY(parse_and(depth))});
    return left;
  }

  Result<NodePointer> parse_and(int depth) {
    NodePointer left = TRY(parse_comparison(depth));
    while (take("&&")) left = make({.kind = Kind::kAnd, .left = left, .right = TRY(parse_comparison(depth))});
    return left;
  }

  Result<NodePointer> parse_comparison(int depth) {
    NodePointer left = TRY(parse_not(depth));
    for (const std::string_view sign : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (!take(sign)) continue;
      return make({.kind = Kind::kCompare, .text = std::string(sign), .left = left, .right = TRY(parse_not(depth))});
    }
    return left;
  }

  Result<NodePointer> parse_not(int depth) {
    if (depth > kMostDepth) return bad("nested too deep");
    if (!sees("!=") && take("!")) return make({.kind = Kind::kNot, .left = TRY(parse_not(depth + 1))});
    return parse_path(TRY(parse_first(depth)), depth);
  }

  Result<NodePointer> parse_first(int depth) {
    skip_blanks();
    if (take("(")) {
      NodePointer inner = TRY(parse_or(depth + 1));
      if (!take(")")) return bad("expected ')'");
      return inner;
    }
    if (take("@")) return current();
    if (sees("[")) return current();
    if (take("*")) return make({.kind = Kind::kEachValue, .left = current(), .right = TRY(parse_rest(depth))});
    if (take("`")) return parse_literal();
    if (take("'")) return parse_raw_text();
    std::string name = TRY(parse_name());
    if (!take("(")) return make({.kind = Kind::kField, .text = std::move(name)});
    if (name != "length") return bad(fmt::format("the function {} is not known here", name));
    NodePointer argument = TRY(parse_or(depth + 1));
    if (!take(")")) return bad("expected ')'");
    return make({.kind = Kind::kLength, .left = std::move(argument)});
  }

  Result<NodePointer> parse_literal() {
    const size_t end = text_.find('`', at_);
    if (end == std::string_view::npos) return bad("expected '`'");
    Result<Json> value = Json::parse(text_.substr(at_, end - at_));
    if (!value) return bad("expected JSON between the backticks");
    at_ = end + 1;
    return make({.kind = Kind::kLiteral, .literal = std::move(*value)});
  }

  Result<NodePointer> parse_raw_text() {
    const size_t end = text_.find('\'', at_);
    if (end == std::string_view::npos) return bad("expected \"'\"");
    std::string value(text_.substr(at_, end - at_));
    at_ = end + 1;
    return make({.kind = Kind::kLiteral, .literal = Json(std::move(value))});
  }

  Result<std::string> parse_name() {
    skip_blanks();
    if (at_ < text_.size() && text_[at_] == '"') {
      const size_t end = text_.find('"', at_ + 1);
      if (end == std::string_view::npos) return bad("expected '\"'");
      std::string name(text_.substr(at_ + 1, end - at_ - 1));
      at_ = end + 1;
      return name;
    }
    const size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_')) ++at_;
    if (at_ == begin || std::isdigit(static_cast<unsigned char>(text_[begin]))) return bad("expected a name");
    return std::string(text_.substr(begin, at_ - begin));
  }

  // What follows a value: ".name", ".*", "[0]", "[]", "[*]", "[?…]". A projection takes all that follows as its right.
  Result<NodePointer> parse_path(NodePointer left, int depth) {
    while (true) {
      if (++steps_ > kMostSteps) return bad("too long");
      if (take(".")) {
        if (take("*")) {
          left = make({.kind = Kind::kEachValue, .left = left, .right = TRY(parse_rest(depth))});
          continue;
        }
        NodePointer field = make({.kind = Kind::kField, .text = TRY(parse_name())});
        left = make({.kind = Kind::kThen, .left = left, .right = field});
      } else if (sees("[]")) {
        // A flatten ends the projection on its left, so it is the caller's when there is one.
        if (in_projection_ > 0) return left;
        take("[]");
        left = make({.kind = Kind::kFlatten, .left = left, .right = TRY(parse_rest(depth))});
      } else if (take("[*]")) {
        left = make({.kind = Kind::kEach, .left = left, .right = TRY(parse_rest(depth))});
      } else if (take("[?")) {
        const int outer = std::exchange(in_projection_, 0);
        NodePointer test = TRY(parse_or(depth + 1));
        in_projection_ = outer;
        if (!take("]")) return bad("expected ']'");
        left = make({.kind = Kind::kFilter, .left = left, .right = TRY(parse_rest(depth)), .test = test});
      } else if (take("[")) {
        const NodePointer index = make({.kind = Kind::kIndex, .number = TRY(parse_index())});
        left = make({.kind = Kind::kThen, .left = left, .right = index});
      } else {
        return left;
      }
    }
  }

  Result<NodePointer> parse_rest(int depth) {
    if (depth > kMostDepth) return bad("nested too deep");
    ++in_projection_;
    Result<NodePointer> rest = parse_path(current(), depth + 1);
    --in_projection_;
    return rest;
  }

  Result<int64_t> parse_index() {
    skip_blanks();
    int64_t index = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), index);
    if (error != std::errc()) return bad("expected a position");
    at_ = static_cast<size_t>(end - text_.data());
    if (!take("]")) return bad("expected ']'");
    return index;
  }

  std::string_view text_;
  size_t at_ = 0;
  int in_projection_ = 0;
  int steps_ = 0;
};

Json evaluate_node(const Node& node, const Json& value);

Json project(const Node& node, const Json::Array& items) {
  Json::Array results;
  for (const Json& item : items) {
    if (node.test && !is_truthy(evaluate_node(*node.test, item))) continue;
    Json result = evaluate_node(*node.right, item);
    if (!result.is_null()) results.push_back(std::move(result));
  }
  return results;
}

Json flatten(const Node& node, const Json& list) {
  if (!list.is_array()) return {};
  Json::Array flat;
  for (const Json& item : list.items()) {
    if (item.is_array()) {
      flat.insert(flat.end(), item.items().begin(), item.items().end());
    } else {
      flat.push_back(item);
    }
  }
  return project(node, flat);
}

Json each_value(const Node& node, const Json& object) {
  if (!object.is_object()) return {};
  Json::Array values;
  for (const auto& [name, member] : object.members()) values.push_back(member);
  return project(node, values);
}

Json element_at(const Json& list, int64_t index) {
  const auto size = static_cast<int64_t>(list.items().size());
  if (index < 0) index += size;
  return index >= 0 && index < size ? list.items()[static_cast<size_t>(index)] : Json();
}

Json compare(const std::string& sign, const Json& left, const Json& right) {
  const bool numbers = left.is_number() && right.is_number();
  const double a = left.number_or(0), b = right.number_or(0);
  if (sign == "==") return numbers ? a == b : left == right;
  if (sign == "!=") return numbers ? a != b : left != right;
  if (!numbers) return {};
  if (sign == "<") return a < b;
  if (sign == "<=") return a <= b;
  if (sign == ">") return a > b;
  return a >= b;
}

Json length_of(const Json& value) {
  if (value.is_array()) return static_cast<uint64_t>(value.items().size());
  if (value.is_object()) return static_cast<uint64_t>(value.members().size());
  if (value.is_string()) return static_cast<uint64_t>(value.string_or_empty().size());
  return {};
}

Json evaluate_node(const Node& node, const Json& value) {
  const auto left = [&] { return evaluate_node(*node.left, value); };
  switch (node.kind) {
    case Kind::kCurrent: return value;
    case Kind::kField: return value[node.text];
    case Kind::kIndex: return element_at(value, node.number);
    case Kind::kThen: return evaluate_node(*node.right, left());
    case Kind::kFlatten: return flatten(node, left());
    case Kind::kEach:
    case Kind::kFilter: {
      const Json list = left();
      return list.is_array() ? project(node, list.items()) : Json();
    }
    case Kind::kEachValue: return each_value(node, left());
    case Kind::kCompare: return compare(node.text, left(), evaluate_node(*node.right, value));
    case Kind::kOr: {
      Json first = left();
      return is_truthy(first) ? first : evaluate_node(*node.right, value);
    }
    case Kind::kAnd: {
      Json first = left();
      return is_truthy(first) ? evaluate_node(*node.right, value) : first;
    }
    case Kind::kNot: return !is_truthy(left());
    case Kind::kLiteral: return node.literal;
    case Kind::kLength: return length_of(left());
  }
  return {};
}

bool collect_names(const Node& node, std::vector<std::string>& names) {
  if (node.kind == Kind::kThen) return collect_names(*node.left, names) && collect_names(*node.right, names);
  if (node.kind != Kind::kField) return false;
  names.push_back(node.text);
  return true;
}

}  // namespace

Result<PathExpression> PathExpression::parse(std::string_view text) {
  if (text.size() > kMostCharacters) {
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("an expression of more than {} characters", kMostCharacters));
  }
  NodePointer root = TRY(Parser(text).parse());
  return PathExpression(std::string(text), std::move(root));
}

Json PathExpression::evaluate(const Json& value) const { return evaluate_node(*root_, value); }

std::vector<std::string> PathExpression::plain_names() const {
  std::vector<std::string> names;
  if (!collect_names(*root_, names)) names.clear();
  return names;
}

bool is_truthy(const Json& value) {
  if (value.is_bool()) return value.bool_or(false);
  if (value.is_string()) return !value.string_or_empty().empty();
  if (value.is_array()) return !value.items().empty();
  if (value.is_object()) return !value.members().empty();
  return !value.is_null();
}

}  // namespace capstan::aws
