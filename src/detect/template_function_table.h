// The entries that make up the table of template functions.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "detect/template.h"
#include "detect/template_value.h"

namespace capstan::detect {

struct TemplateCall {
  std::vector<TemplateValue> arguments;
  const TemplateData& data;
  const TemplateWorld& world;

  const TemplateValue& operator[](size_t index) const { return arguments[index]; }
  // These take what Prometheus' functions take: a text where a number is wanted is read as one.
  Result<std::string> text(size_t index) const;
  Result<double> number(size_t index) const;
};

struct TemplateFunction {
  std::string_view name;
  size_t least;
  size_t most;
  Result<TemplateValue> (*call)(const TemplateCall&);
};

// Go's own: print, index, len, eq, and, …
std::span<const TemplateFunction> builtin_template_functions();
// Prometheus': query, humanize, reReplaceAll, …
std::span<const TemplateFunction> metric_template_functions();

}  // namespace capstan::detect
