// The names and labels of one exposition line, read and checked: `a_total{b="c"}`, or `{"a.total", "b.d"="c"}` with
// the quoted names that may hold any UTF-8.
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/labels.h"

namespace capstan::prometheus {

// A series' labels, `__name__` among them. Errors carry the column within `text`, from 1.
Result<Labels> parse_series(std::string_view text);

// The labels of an exemplar: the braces only, no metric name, at most 128 characters as OpenMetrics demands.
Status check_exemplar_labels(std::string_view text);

// A bare name of [a-zA-Z_:][a-zA-Z0-9_:]*, or a quoted one of any UTF-8.
Status check_metric_name(std::string_view text);

// The end of a quoted text or of a word at the front of `text`; npos when the quote does not close.
size_t quoted_or_word_end(std::string_view text);

// [a-zA-Z_][a-zA-Z0-9_]*
bool is_label_name(std::string_view text);

}  // namespace capstan::prometheus
