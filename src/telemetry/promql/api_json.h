// The JSON of the query API, written straight into one text: answers may hold millions of points.
#pragma once

#include <string>

#include "base/result.h"
#include "telemetry/promql/engine.h"

namespace capstan::telemetry {

// "text" with JSON's escapes; invalid UTF-8 is replaced.
std::string json_string(std::string_view text);
// {"__name__":"up","job":"a"}
void append_labels(std::string& out, const Labels& labels);
// {"resultType":"vector","result":[…]}; `at_ms` stamps what has no time of its own.
std::string result_json(const QueryResult& result, int64_t at_ms);

}  // namespace capstan::telemetry
