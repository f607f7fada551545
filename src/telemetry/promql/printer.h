// From syntax tree to text, in one canonical form: parsing the text gives an equal tree.
#pragma once

#include <string>

#include "telemetry/promql/ast.h"

namespace capstan::telemetry::promql {

std::string print(const Expr& expr);

// As strconv.FormatFloat(v, 'f', -1, 64) writes it: never an exponent; "NaN", "+Inf", "-Inf".
std::string format_plain(double value);

// As the query API writes it: an exponent below 1e-6 and from 1e21 on, "NaN", "+Inf", "-Inf".
std::string format_value(double value);

}  // namespace capstan::telemetry::promql
