#include "telemetry/promql/table_function.h"

#include <fmt/format.h>

#include <map>
#include <set>

namespace capstan::telemetry {
namespace {

Result<std::string> text_argument(const std::vector<SqlValue>& arguments, size_t index, std::string_view what) {
  if (const std::string* text = std::get_if<std::string>(&arguments[index])) return *text;
  return fail(ErrorCode::kInvalidArgument, fmt::format("promql(): argument {} must be a text: {}", index + 1, what));
}

Result<Duration> duration_argument(const std::vector<SqlValue>& arguments, size_t index, std::string_view what) {
  const Duration duration = TRY(during("promql()", parse_duration(TRY(text_argument(arguments, index, what)))));
  if (duration > Duration(0)) return duration;
  return fail(ErrorCode::kInvalidArgument, fmt::format("promql(): {} must be longer than 0", what));
}

std::string column_of(const std::string& label) { return label == "value" || label == "at" ? "label_" + label : label; }

}  // namespace

Table series_table(const std::vector<Series>& list, size_t row_limit) {
  std::set<std::string> columns;
  for (const Series& series : list) {
    for (const auto& [name, value] : series.labels) columns.insert(column_of(name));
  }
  Table table;
  table.columns.assign(columns.begin(), columns.end());
  table.columns.insert(table.columns.end(), {"value", "at"});
  for (const Series& series : list) {
    std::map<std::string, std::string> by_column;
    for (const auto& [name, value] : series.labels) by_column.emplace(column_of(name), value);
    std::vector<SqlValue> labels;
    for (const std::string& column : columns) {
      const auto found = by_column.find(column);
      labels.push_back(found == by_column.end() ? SqlValue() : SqlValue(found->second));
    }
    for (const Sample& sample : series.samples) {
      if (table.rows.size() >= row_limit) {
        table.truncated = true;
        return table;
      }
      std::vector<SqlValue>& row = table.rows.emplace_back(labels);
      row.emplace_back(sample.value);
      row.emplace_back(format_time(from_unix_ms(sample.at_ms)));
    }
  }
  return table;
}

Result<Table> PromqlTableFunction::fetch(const std::vector<SqlValue>& arguments, Time now) const {
  if (arguments.size() != 1 && arguments.size() != 3) {
    return fail(ErrorCode::kInvalidArgument,
                "promql() takes an expression, or an expression, a range and a step: promql('up', '5m', '15s')");
  }
  const std::string expression = TRY(text_argument(arguments, 0, "the expression"));
  if (arguments.size() == 1) {
    const QueryResult result = TRY(during("promql()", engine_.query(expression, now)));
    if (result.type == promql::ValueType::kString) {
      return fail(ErrorCode::kInvalidArgument, "promql(): the expression is a string and has no rows");
    }
    return series_table(result.series, row_limit_);
  }
  const Duration range = TRY(duration_argument(arguments, 1, "the range"));
  const Duration step = TRY(duration_argument(arguments, 2, "the step"));
  return series_table(TRY(during("promql()", engine_.query_range(expression, now - range, now, step))).series,
                      row_limit_);
}

}  // namespace capstan::telemetry
