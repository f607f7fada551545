#include "telemetry/promql/ast.h"

#include <algorithm>
#include <array>

namespace capstan::telemetry::promql {
namespace {

// In the order of the enumerations.
constexpr auto kAggregateNames =
    std::to_array<std::string_view>({"sum", "avg", "count", "min", "max", "group", "stddev", "stdvar", "topk",
                                     "bottomk", "quantile", "limitk", "limit_ratio", "count_values"});
constexpr auto kBinarySigns = std::to_array<std::string_view>(
    {"+", "-", "*", "/", "%", "^", "atan2", "==", "!=", "<", ">", "<=", ">=", "and", "or", "unless"});

template <class Enum, size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view describe(ValueType type) {
  switch (type) {
    case ValueType::kScalar: return "scalar";
    case ValueType::kVector: return "instant vector";
    case ValueType::kMatrix: return "range vector";
    case ValueType::kString: return "string";
  }
  return "";
}

std::string_view to_string(AggregateOp op) { return kAggregateNames[static_cast<size_t>(op)]; }
std::optional<AggregateOp> parse_aggregate_op(std::string_view word) {
  return find<AggregateOp>(kAggregateNames, word);
}

bool has_parameter(AggregateOp op) {
  switch (op) {
    case AggregateOp::kTopk:
    case AggregateOp::kBottomk:
    case AggregateOp::kQuantile:
    case AggregateOp::kLimitk:
    case AggregateOp::kLimitRatio:
    case AggregateOp::kCountValues: return true;
    default: return false;
  }
}

std::string_view to_string(BinaryOp op) { return kBinarySigns[static_cast<size_t>(op)]; }
std::optional<BinaryOp> parse_binary_op(std::string_view sign) { return find<BinaryOp>(kBinarySigns, sign); }
bool is_comparison(BinaryOp op) { return op >= BinaryOp::kEqual && op <= BinaryOp::kGreaterOrEqual; }
bool is_set_operator(BinaryOp op) { return op >= BinaryOp::kAnd; }

const Expr& without_parens(const Expr& expr) {
  const Expr* inner = &expr;
  while (const Paren* paren = inner->as<Paren>()) inner = paren->expr.get();
  return *inner;
}

}  // namespace capstan::telemetry::promql
