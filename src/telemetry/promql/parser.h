// From text to syntax tree. Grammar: Prometheus 3 (generated parser of prometheus/promql), written as a recursive
// descent with operator precedences.
#pragma once

#include <string_view>
#include <vector>

#include "telemetry/promql/ast.h"

namespace capstan::telemetry::promql {

inline constexpr size_t kMaxExpressionBytes = 256 << 10;

// Errors are kInvalidArgument with line and column (kUnimplemented for functions that are known but not supported,
// kResourceExhausted for too long or too deep an expression).
Result<ExprPtr> parse_expression(std::string_view text);

// up{job="x"}: what the API takes as match[]. Neither offset nor range is allowed.
Result<std::vector<Matcher>> parse_series_selector(std::string_view text);

}  // namespace capstan::telemetry::promql
