#include "telemetry/promql/api_json.h"

#include <fmt/format.h>

#include <iterator>

#include "base/json.h"
#include "telemetry/promql/printer.h"

namespace capstan::telemetry {
namespace {

// Seconds, with three decimals where there is a fraction.
void append_time(std::string& out, int64_t ms) {
  if (ms < 0) out += '-';
  const uint64_t size = ms < 0 ? -static_cast<uint64_t>(ms) : static_cast<uint64_t>(ms);
  fmt::format_to(std::back_inserter(out), "{}", size / 1000);
  if (size % 1000 != 0) fmt::format_to(std::back_inserter(out), ".{:03}", size % 1000);
}

void append_point(std::string& out, const Sample& sample) {
  out += '[';
  append_time(out, sample.at_ms);
  out += ",\"";
  out += promql::format_value(sample.value);
  out += "\"]";
}

void append_series(std::string& out, const Series& series, bool is_matrix) {
  out += "{\"metric\":";
  append_labels(out, series.labels);
  out += is_matrix ? ",\"values\":[" : ",\"value\":";
  for (size_t i = 0; i < series.samples.size(); ++i) {
    if (i > 0) out += ',';
    append_point(out, series.samples[i]);
  }
  out += is_matrix ? "]}" : "}";
}

}  // namespace

std::string json_string(std::string_view text) { return Json(text).dump(); }

void append_labels(std::string& out, const Labels& labels) {
  out += '{';
  bool first = true;
  for (const auto& [name, value] : labels) {
    if (!first) out += ',';
    first = false;
    out += json_string(name);
    out += ':';
    out += json_string(value);
  }
  out += '}';
}

std::string result_json(const QueryResult& result, int64_t at_ms) {
  switch (result.type) {
    case promql::ValueType::kString: {
      std::string out = "{\"resultType\":\"string\",\"result\":[";
      append_time(out, at_ms);
      return out + "," + json_string(result.text) + "]}";
    }
    case promql::ValueType::kScalar: {
      std::string out = "{\"resultType\":\"scalar\",\"result\":";
      append_point(out, result.series.front().samples.front());
      return out + "}";
    }
    default: break;
  }
  const bool is_matrix = result.type == promql::ValueType::kMatrix;
  std::string out = is_matrix ? "{\"resultType\":\"matrix\",\"result\":[" : "{\"resultType\":\"vector\",\"result\":[";
  for (size_t i = 0; i < result.series.size(); ++i) {
    if (i > 0) out += ',';
    append_series(out, result.series[i], is_matrix);
  }
  return out + "]}";
}

}  // namespace capstan::telemetry
