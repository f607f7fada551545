// Makes nodes of the syntax tree and refuses those whose types do not fit.
#pragma once

#include "telemetry/promql/ast.h"

namespace capstan::telemetry::promql {

// Levels of nodes that an expression may have; bounds the recursion of everything that walks the tree.
inline constexpr int kMaxDepth = 250;

class NodeBuilder {
 public:
  explicit NodeBuilder(std::string_view text) : text_(text) {}

  // An error at a place of the text.
  std::unexpected<Error> problem(TextRange at, std::string message, ErrorCode code = ErrorCode::kInvalidArgument) const;

  ExprPtr literal(TextRange at, NumberLiteral literal) const;
  ExprPtr literal(TextRange at, StringLiteral literal) const;
  Result<ExprPtr> paren(TextRange at, ExprPtr inner) const;
  Result<ExprPtr> unary(TextRange at, bool negative, ExprPtr operand) const;
  Result<ExprPtr> binary(Binary node) const;
  Result<ExprPtr> call(TextRange at, Call call) const;
  Result<ExprPtr> aggregate(TextRange at, Aggregate node) const;
  Result<ExprPtr> selector(TextRange at, VectorSelector selector) const;
  Result<ExprPtr> matrix(TextRange at, ExprPtr selector, int64_t range_ms) const;
  Result<ExprPtr> subquery(TextRange at, Subquery node) const;
  // The same expression with offset or @ added.
  Result<ExprPtr> with_offset(TextRange at, ExprPtr expr, int64_t offset_ms) const;
  Result<ExprPtr> with_at(TextRange at, ExprPtr expr, AtModifier modifier) const;

 private:
  Result<ExprPtr> finish(Expr expr) const;
  Status expect(const Expr& expr, ValueType type, std::string_view what) const;
  template <class Change>
  Result<ExprPtr> modify(TextRange at, ExprPtr expr, std::string_view modifier, Change change) const;

  std::string_view text_;
};

}  // namespace capstan::telemetry::promql
