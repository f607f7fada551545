#include "product/setting_metrics.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

namespace capstan::product {
namespace {

constexpr size_t kMostRows = 5'000;

// What a setting's declaration asks of the metrics.
struct Expression {
  std::string_view tells;
  const std::string& promql;
};

std::vector<Expression> expressions_of(const SettingSpec& setting) {
  std::vector<Expression> all;
  if (!setting.metric.empty()) all.push_back({"usage", setting.metric});
  if (!setting.runtime_metric.empty()) all.push_back({"value", setting.runtime_metric});
  return all;
}

// "localhost:9187" in the label instance, "127.0.0.1:5432" in the label server.
std::set<std::pair<std::string, int>> addresses_in(const Labels& labels) {
  std::set<std::pair<std::string, int>> addresses;
  for (const auto& [name, value] : labels) {
    const std::optional<Address> address = parse_address(value);
    if (address && address->port > 0 && !address->host.empty()) addresses.emplace(address->host, address->port);
  }
  return addresses;
}

void add_rows(const ProductSpec& product, const SettingSpec& setting, const Expression& expression,
              const std::vector<SeriesSample>& series, Table& table) {
  for (const SeriesSample& one : series) {
    if (!std::isfinite(one.sample.value)) continue;
    for (const auto& [host, port] : addresses_in(one.labels)) {
      table.truncated = table.rows.size() >= kMostRows;
      if (table.truncated) return;
      const SqlValue times = setting.metric_limit_times.empty() ? SqlValue() : SqlValue(setting.metric_limit_times);
      table.rows.push_back({product.name, setting.name, std::string(expression.tells), one.sample.value, times, host,
                            static_cast<int64_t>(port)});
    }
  }
}

}  // namespace

Result<Table> SettingMetricsTable::fetch(const std::vector<SqlValue>& arguments, Time now) const {
  if (!arguments.empty()) return fail(ErrorCode::kInvalidArgument, "setting_metrics takes no argument");
  Table table;
  table.columns = {"product", "setting", "tells", "value", "limit_times", "host", "port"};
  const auto products = shelf_.products();
  for (const ProductSpec& product : *products) {
    for (const SettingSpec& setting : product.settings) {
      for (const Expression& expression : expressions_of(setting)) {
        const auto series = signals_.query(expression.promql, now);
        if (series) add_rows(product, setting, expression, *series, table);
      }
    }
  }
  return table;
}

std::vector<Error> check_metrics(const std::vector<ProductSpec>& products, const SignalSource& signals) {
  std::vector<Error> problems;
  for (const ProductSpec& product : products) {
    for (const SettingSpec& setting : product.settings) {
      for (const Expression& expression : expressions_of(setting)) {
        const Status good = signals.check(expression.promql);
        if (good) continue;
        problems.push_back({good.error().code,
                            fmt::format("the setting '{}' of {}: in the PromQL '{}': {}", setting.name, product.name,
                                        expression.promql, good.error().message),
                            product.where});
      }
    }
  }
  return problems;
}

}  // namespace capstan::product
