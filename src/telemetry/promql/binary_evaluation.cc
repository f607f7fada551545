#include "telemetry/promql/binary_evaluation.h"

#include <cmath>

namespace capstan::telemetry::promql {
namespace {

bool drops_name(const Binary& node) { return !is_comparison(node.op) || node.return_bool; }

Status vector_with_scalar(Evaluator& evaluator, const Binary& node, const Grid& grid, const SeriesSink& sink) {
  const bool vector_left = node.left->type == ValueType::kVector;
  const Expr& vector = vector_left ? *node.left : *node.right;
  const std::vector<double> scalars = TRY(evaluator.scalar(vector_left ? *node.right : *node.left, grid));
  const auto change = [&](double value, size_t step) {
    const Outcome outcome = vector_left ? apply(node.op, value, scalars[step]) : apply(node.op, scalars[step], value);
    if (node.return_bool) return outcome.keep ? 1.0 : 0.0;
    if (!is_comparison(node.op)) return outcome.value;
    // A filter gives the vector's value, whichever side it stands on.
    return outcome.keep ? value : absent_value();
  };
  return evaluator.transform(vector, grid, drops_name(node), change, sink);
}

}  // namespace

Outcome apply(BinaryOp op, double left, double right) {
  switch (op) {
    case BinaryOp::kAdd: return {left + right};
    case BinaryOp::kSubtract: return {left - right};
    case BinaryOp::kMultiply: return {left * right};
    case BinaryOp::kDivide: return {left / right};
    case BinaryOp::kModulo: return {std::fmod(left, right)};
    case BinaryOp::kPower: return {std::pow(left, right)};
    case BinaryOp::kAtan2: return {std::atan2(left, right)};
    case BinaryOp::kEqual: return {left, left == right};
    case BinaryOp::kNotEqual: return {left, left != right};
    case BinaryOp::kLess: return {left, left < right};
    case BinaryOp::kGreater: return {left, left > right};
    case BinaryOp::kLessOrEqual: return {left, left <= right};
    case BinaryOp::kGreaterOrEqual: return {left, left >= right};
    default: return {left};  // Set operators never come here.
  }
}

Result<std::vector<double>> evaluate_scalar_binary(Evaluator& evaluator, const Binary& node, const Grid& grid) {
  std::vector<double> left = TRY(evaluator.scalar(*node.left, grid));
  const std::vector<double> right = TRY(evaluator.scalar(*node.right, grid));
  for (size_t i = 0; i < left.size(); ++i) {
    const Outcome outcome = apply(node.op, left[i], right[i]);
    left[i] = !is_comparison(node.op) ? outcome.value : outcome.keep ? 1 : 0;
  }
  return left;
}

Status evaluate_binary(Evaluator& evaluator, const Expr& expr, const Grid& grid, const SeriesSink& sink) {
  const Binary& node = *expr.as<Binary>();
  if (node.left->type != ValueType::kVector || node.right->type != ValueType::kVector) {
    return vector_with_scalar(evaluator, node, grid, sink);
  }
  if (is_set_operator(node.op)) return evaluate_set(evaluator, node, grid, sink);
  return evaluate_matching(evaluator, node, grid, sink);
}

}  // namespace capstan::telemetry::promql
