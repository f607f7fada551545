// The syntax tree of a PromQL expression. Immutable once parsed; every node knows its place in the text.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "telemetry/matcher.h"
#include "telemetry/promql/token.h"

namespace capstan::telemetry::promql {

struct Function;

enum class ValueType { kScalar, kVector, kMatrix, kString };
// Prometheus' words: "scalar", "instant vector", "range vector", "string".
std::string_view describe(ValueType type);

struct Expr;
using ExprPtr = std::unique_ptr<const Expr>;

struct NumberLiteral {
  double value = 0;
  bool is_duration = false;  // Was written as 5m and prints so again.
};

struct StringLiteral {
  std::string value;
};

// @ 1609746000, @ start(), @ end().
struct AtModifier {
  enum class Kind { kTime, kStart, kEnd };
  Kind kind = Kind::kTime;
  int64_t ms = 0;
};

struct TimeModifiers {
  std::optional<AtModifier> at;
  std::optional<int64_t> offset_ms;  // Positive looks back.
};

struct VectorSelector {
  std::string name;               // As written before or in the braces without a label; "" when none was.
  std::vector<Matcher> matchers;  // Including that of the name, which is then the last.
  TimeModifiers time;
};

struct MatrixSelector {
  VectorSelector selector;
  int64_t range_ms = 0;
};

struct Subquery {
  ExprPtr expr;
  int64_t range_ms = 0;
  int64_t step_ms = 0;  // 0: the engine's default.
  TimeModifiers time;
};

struct Call {
  const Function* function = nullptr;  // Points into the function table, which lives for ever.
  std::vector<ExprPtr> arguments;
};

enum class AggregateOp {
  kSum,
  kAvg,
  kCount,
  kMin,
  kMax,
  kGroup,
  kStddev,
  kStdvar,
  kTopk,
  kBottomk,
  kQuantile,
  kLimitk,
  kLimitRatio,
  kCountValues,
};
std::string_view to_string(AggregateOp op);
std::optional<AggregateOp> parse_aggregate_op(std::string_view word);
// Whether the operator takes a parameter before the vector.
bool has_parameter(AggregateOp op);

struct Aggregate {
  AggregateOp op = AggregateOp::kSum;
  ExprPtr expr;
  ExprPtr parameter;  // Null for operators without one.
  bool without = false;
  std::vector<std::string> labels;
};

enum class BinaryOp {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPower,
  kAtan2,
  kEqual,
  kNotEqual,
  kLess,
  kGreater,
  kLessOrEqual,
  kGreaterOrEqual,
  kAnd,
  kOr,
  kUnless,
};
std::string_view to_string(BinaryOp op);
std::optional<BinaryOp> parse_binary_op(std::string_view sign);
bool is_comparison(BinaryOp op);
bool is_set_operator(BinaryOp op);

// Which series of the two sides belong together.
struct Matching {
  enum class Group { kNone, kLeft, kRight };  // The side that may have many.
  bool on = false;                            // Else `labels` are those ignored.
  std::vector<std::string> labels;
  Group group = Group::kNone;
  std::vector<std::string> include;  // Labels taken over from the "one" side.
  bool written = false;              // on or ignoring stood there.
};

struct Binary {
  BinaryOp op = BinaryOp::kAdd;
  ExprPtr left;
  ExprPtr right;
  bool return_bool = false;
  Matching matching;
};

struct Unary {
  bool negative = false;
  ExprPtr expr;
};

struct Paren {
  ExprPtr expr;
};

struct Expr {
  TextRange at;
  ValueType type = ValueType::kScalar;
  // The value is the same at every step of a query (because of @, or because only constants take part), so that it is
  // evaluated once.
  bool step_invariant = false;
  int depth = 1;  // Levels of nodes from here down.
  std::variant<NumberLiteral, StringLiteral, VectorSelector, MatrixSelector, Subquery, Call, Aggregate, Binary, Unary,
               Paren>
      node;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&node);
  }
};

// The expression inside any number of parentheses.
const Expr& without_parens(const Expr& expr);

}  // namespace capstan::telemetry::promql
