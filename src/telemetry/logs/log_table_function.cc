#include "telemetry/logs/log_table_function.h"

#include <fmt/format.h>

#include <set>

namespace capstan::telemetry {
namespace {

constexpr Duration kDefaultWindow = std::chrono::hours(1);
constexpr std::string_view kUsage =
    "logs('selector') or logs('selector', 'window'), such as logs('{level=\"error\"}', '15m')";

Result<std::string> text_argument(const SqlValue& value) {
  if (const std::string* text = std::get_if<std::string>(&value)) return *text;
  return fail(ErrorCode::kInvalidArgument, fmt::format("expected {}", kUsage));
}

}  // namespace

Result<Table> LogTableFunction::fetch(const std::vector<SqlValue>& arguments, Time now) const {
  if (arguments.empty() || arguments.size() > 2) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("logs takes one or two arguments: {}", kUsage));
  }
  const Duration window =
      arguments.size() == 2 ? TRY(parse_duration(TRY(text_argument(arguments[1])))) : kDefaultWindow;
  const LogQuery query{
      .selector = TRY(text_argument(arguments[0])), .from = now - window, .to = now, .limit = row_limit_ + 1};
  std::vector<LogLine> lines = TRY(logs_.lines(query));

  Table table;
  table.truncated = lines.size() > row_limit_;
  if (table.truncated) lines.resize(row_limit_);
  std::set<std::string> names;
  for (const LogLine& line : lines) {
    for (const auto& [name, value] : line.labels) names.insert(name);
  }
  table.columns = {"at", "text"};
  for (const std::string& name : names)
    table.columns.push_back(name == "at" || name == "text" ? "label_" + name : name);
  for (LogLine& line : lines) {
    std::vector<SqlValue> row = {format_time(line.at), std::move(line.text)};
    for (const std::string& name : names) {
      const std::string_view value = line.labels.get(name);
      row.push_back(value.empty() ? SqlValue() : SqlValue(std::string(value)));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace capstan::telemetry
