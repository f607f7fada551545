#include "telemetry/promql/node_builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "telemetry/promql/function.h"

namespace capstan::telemetry::promql {
namespace {

// Nodes are immutable for everybody else; here they are still being made, and this is their only owner.
Expr& still_mine(ExprPtr& expr) { return const_cast<Expr&>(*expr); }

ExprPtr make(TextRange at, ValueType type, bool step_invariant, decltype(Expr::node) node, int depth = 1) {
  auto expr = std::make_unique<Expr>();
  expr->at = at;
  expr->type = type;
  expr->step_invariant = step_invariant;
  expr->depth = depth;
  expr->node = std::move(node);
  return expr;
}

bool matches_nothing_required(const std::vector<Matcher>& matchers) {
  return std::ranges::all_of(matchers, [](const Matcher& matcher) { return matcher.matches(""); });
}

}  // namespace

std::unexpected<Error> NodeBuilder::problem(TextRange at, std::string message, ErrorCode code) const {
  return fail(code, std::move(message), locate(text_, at.begin));
}

Result<ExprPtr> NodeBuilder::finish(Expr expr) const {
  if (expr.depth > kMaxDepth) {
    return problem(expr.at, fmt::format("the expression is nested deeper than {} levels", kMaxDepth),
                   ErrorCode::kResourceExhausted);
  }
  return std::make_unique<const Expr>(std::move(expr));
}

Status NodeBuilder::expect(const Expr& expr, ValueType type, std::string_view what) const {
  if (expr.type == type) return {};
  return problem(expr.at, fmt::format("expected type {} in {}, got {}", describe(type), what, describe(expr.type)));
}

ExprPtr NodeBuilder::literal(TextRange at, NumberLiteral literal) const {
  return make(at, ValueType::kScalar, true, literal);
}

ExprPtr NodeBuilder::literal(TextRange at, StringLiteral literal) const {
  return make(at, ValueType::kString, true, std::move(literal));
}

Result<ExprPtr> NodeBuilder::paren(TextRange at, ExprPtr inner) const {
  Expr expr{.at = at, .type = inner->type, .step_invariant = inner->step_invariant, .depth = inner->depth + 1};
  expr.node = Paren{std::move(inner)};
  return finish(std::move(expr));
}

Result<ExprPtr> NodeBuilder::unary(TextRange at, bool negative, ExprPtr operand) const {
  if (operand->type != ValueType::kScalar && operand->type != ValueType::kVector) {
    return problem(at,
                   fmt::format("unary expression only allowed on expressions of type scalar or instant vector, got {}",
                               describe(operand->type)));
  }
  if (std::holds_alternative<NumberLiteral>(operand->node)) {
    Expr& number = still_mine(operand);
    double& value = std::get<NumberLiteral>(number.node).value;
    if (negative) value = -value;
    number.at = at;
    return operand;
  }
  Expr expr{.at = at, .type = operand->type, .step_invariant = operand->step_invariant, .depth = operand->depth + 1};
  expr.node = Unary{negative, std::move(operand)};
  return finish(std::move(expr));
}

Result<ExprPtr> NodeBuilder::binary(Binary node) const {
  const TextRange at{node.left->at.begin, node.right->at.end};
  for (const Expr* side : {node.left.get(), node.right.get()}) {
    if (side->type == ValueType::kScalar || side->type == ValueType::kVector) continue;
    return problem(side->at, fmt::format("binary expression must contain only scalar and instant vector types, got {}",
                                         describe(side->type)));
  }
  const bool left_scalar = node.left->type == ValueType::kScalar;
  const bool right_scalar = node.right->type == ValueType::kScalar;
  if (node.return_bool && !is_comparison(node.op)) {
    return problem(at, "bool modifier can only be used on comparison operators");
  }
  if (left_scalar && right_scalar && is_comparison(node.op) && !node.return_bool) {
    return problem(at, "comparisons between scalars must use BOOL modifier");
  }
  if ((left_scalar || right_scalar) && is_set_operator(node.op)) {
    return problem(at, fmt::format("set operator \"{}\" not allowed in binary scalar expression", to_string(node.op)));
  }
  const Matching& matching = node.matching;
  if ((left_scalar || right_scalar) && (!matching.labels.empty() || matching.group != Matching::Group::kNone)) {
    return problem(at, "vector matching only allowed between instant vectors");
  }
  if (is_set_operator(node.op) && matching.group != Matching::Group::kNone) {
    return problem(at, fmt::format("no grouping allowed for \"{}\" operation", to_string(node.op)));
  }
  if (matching.on) {
    for (const std::string& label : matching.labels) {
      if (std::ranges::find(matching.include, label) == matching.include.end()) continue;
      return problem(at, fmt::format("label \"{}\" must not occur in ON and GROUP clause at once", label));
    }
  }
  Expr expr{.at = at,
            .type = left_scalar && right_scalar ? ValueType::kScalar : ValueType::kVector,
            .step_invariant = node.left->step_invariant && node.right->step_invariant,
            .depth = std::max(node.left->depth, node.right->depth) + 1};
  expr.node = std::move(node);
  return finish(std::move(expr));
}

Result<ExprPtr> NodeBuilder::call(TextRange at, Call call) const {
  const Function& function = *call.function;
  const size_t given = call.arguments.size();
  if (given < function.least_arguments || given > function.most_arguments) {
    const std::string_view bound = function.least_arguments == function.most_arguments ? ""
                                   : given < function.least_arguments                  ? "at least "
                                                                                       : "at most ";
    return problem(at,
                   fmt::format("expected {}{} argument(s) in call to \"{}\", got {}", bound,
                               given < function.least_arguments ? function.least_arguments : function.most_arguments,
                               function.name, given));
  }
  if (const Unsupported* unsupported = std::get_if<Unsupported>(&function.kernel)) {
    return problem(at, fmt::format("function \"{}\" is not supported: it needs {}", function.name, unsupported->needs),
                   ErrorCode::kUnimplemented);
  }
  Expr expr{.at = at, .type = function.returns, .step_invariant = !function.depends_on_step};
  for (size_t i = 0; i < given; ++i) {
    const Expr& argument = *call.arguments[i];
    TRY(expect(argument, function.arguments[std::min(i, function.arguments.size() - 1)],
               fmt::format("call to function \"{}\"", function.name)));
    expr.step_invariant = expr.step_invariant && argument.step_invariant;
    expr.depth = std::max(expr.depth, argument.depth + 1);
  }
  expr.node = std::move(call);
  return finish(std::move(expr));
}

Result<ExprPtr> NodeBuilder::aggregate(TextRange at, Aggregate node) const {
  TRY(expect(*node.expr, ValueType::kVector, "aggregation expression"));
  Expr expr{
      .at = at, .type = ValueType::kVector, .step_invariant = node.expr->step_invariant, .depth = node.expr->depth + 1};
  if (node.parameter != nullptr) {
    const bool text = node.op == AggregateOp::kCountValues;
    TRY(expect(*node.parameter, text ? ValueType::kString : ValueType::kScalar, "aggregation parameter"));
    if (text) {
      const StringLiteral* label = without_parens(*node.parameter).as<StringLiteral>();
      if (label == nullptr || label->value.empty())
        return problem(node.parameter->at, "invalid label name \"\" in count_values: expected a label name");
    }
    expr.step_invariant = expr.step_invariant && node.parameter->step_invariant;
    expr.depth = std::max(expr.depth, node.parameter->depth + 1);
  }
  expr.node = std::move(node);
  return finish(std::move(expr));
}

Result<ExprPtr> NodeBuilder::selector(TextRange at, VectorSelector selector) const {
  if (matches_nothing_required(selector.matchers)) {
    return problem(at, "vector selector must contain at least one non-empty matcher");
  }
  return make(at, ValueType::kVector, false, std::move(selector));
}

Result<ExprPtr> NodeBuilder::matrix(TextRange at, ExprPtr selector, int64_t range_ms) const {
  const TextRange whole{selector->at.begin, at.end};
  VectorSelector* vector = std::get_if<VectorSelector>(&still_mine(selector).node);
  if (vector == nullptr)
    return problem(whole, "ranges only allowed for vector selectors; a range of another expression is written [5m:]");
  if (vector->time.offset_ms) return problem(whole, "no offset modifiers allowed before range");
  if (vector->time.at) return problem(whole, "no @ modifiers allowed before range");
  return make(whole, ValueType::kMatrix, false, MatrixSelector{std::move(*vector), range_ms}, 2);
}

Result<ExprPtr> NodeBuilder::subquery(TextRange at, Subquery node) const {
  const TextRange whole{node.expr->at.begin, at.end};
  if (node.expr->type != ValueType::kVector) {
    return problem(
        whole, fmt::format("subquery is only allowed on instant vector, got {} instead", describe(node.expr->type)));
  }
  Expr expr{.at = whole, .type = ValueType::kMatrix, .step_invariant = false, .depth = node.expr->depth + 1};
  expr.node = std::move(node);
  return finish(std::move(expr));
}

template <class Change>
Result<ExprPtr> NodeBuilder::modify(TextRange at, ExprPtr expr, std::string_view modifier, Change change) const {
  Expr& mine = still_mine(expr);
  TimeModifiers* time = nullptr;
  if (auto* vector = std::get_if<VectorSelector>(&mine.node)) time = &vector->time;
  if (auto* matrix = std::get_if<MatrixSelector>(&mine.node)) time = &matrix->selector.time;
  if (auto* subquery = std::get_if<Subquery>(&mine.node)) time = &subquery->time;
  if (time == nullptr) {
    return problem(
        mine.at,
        fmt::format("{} modifier must be preceded by an instant vector selector or range vector selector or a subquery",
                    modifier));
  }
  TRY(change(*time));
  mine.at.end = at.end;
  mine.step_invariant = time->at.has_value();
  return expr;
}

Result<ExprPtr> NodeBuilder::with_offset(TextRange at, ExprPtr expr, int64_t offset_ms) const {
  return modify(at, std::move(expr), "offset", [&](TimeModifiers& time) -> Status {
    if (time.offset_ms) return problem(at, "offset may not be set multiple times");
    time.offset_ms = offset_ms;
    return {};
  });
}

Result<ExprPtr> NodeBuilder::with_at(TextRange at, ExprPtr expr, AtModifier modifier) const {
  return modify(at, std::move(expr), "@", [&](TimeModifiers& time) -> Status {
    if (time.at) return problem(at, "@ <timestamp> may not be set multiple times");
    time.at = modifier;
    return {};
  });
}

}  // namespace capstan::telemetry::promql
