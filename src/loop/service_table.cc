#include "loop/service_table.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostRows = 20'000;

SqlValue value_of(const std::optional<double>& number) { return number ? SqlValue(*number) : SqlValue(); }

std::vector<SqlValue> row_of(const traffic::GraphCall& call) {
  Json known_by = Json::array();
  for (const std::string& name : call.known_by) known_by.push_back(name);
  const traffic::Numbers& numbers = call.numbers;
  return {call.from,
          call.to,
          call.protocol,
          known_by.dump(),
          value_of(numbers.requests_per_second),
          value_of(traffic::error_ratio(numbers.failed_per_second, numbers.requests_per_second)),
          value_of(numbers.p50_seconds),
          value_of(numbers.p95_seconds),
          value_of(numbers.p99_seconds),
          value_of(numbers.bytes_per_second)};
}

}  // namespace

Result<Table> ServiceCallsFunction::fetch(const std::vector<SqlValue>& arguments, Time now) const {
  ServiceGraphQuery query{.cluster = "", .space = "", .limit = kMostRows};
  if (arguments.size() > 1) {
    return fail(ErrorCode::kInvalidArgument, "service_calls takes one argument: over how long, such as '5m'");
  }
  if (!arguments.empty()) query.window = TRY(during("service_calls", parse_window(to_text(arguments[0]))));
  const traffic::ServiceGraph graph = TRY(desk_.graph(query, now));
  Table table{.columns = {"caller", "callee", "protocol", "known_by", "requests_per_second", "error_ratio",
                          "p50_seconds", "p95_seconds", "p99_seconds", "bytes_per_second"},
              .rows = {},
              .truncated = graph.left_out > 0};
  for (const traffic::GraphCall& call : graph.calls) table.rows.push_back(row_of(call));
  return table;
}

}  // namespace capstan::loop
