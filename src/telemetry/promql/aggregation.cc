#include "telemetry/promql/aggregation.h"

#include <algorithm>
#include <unordered_map>

#include "telemetry/promql/accumulator.h"
#include "telemetry/promql/printer.h"

namespace capstan::telemetry::promql {
namespace {

struct Group {
  Labels labels;
  std::unique_ptr<Accumulator> accumulator;
};

// count_values("label", v): as a sum of ones by the text of the value.
Status count_values(Evaluator& evaluator, const Aggregate& node, const Grid& grid, const SeriesSink& sink) {
  const std::string& label = without_parens(*node.parameter).as<StringLiteral>()->value;
  Aggregate wanted{.op = AggregateOp::kCount, .without = node.without, .labels = node.labels};
  if (!wanted.without) wanted.labels.push_back(label);
  const Grouping grouping(wanted);
  std::unordered_map<std::string, size_t> groups;
  SeriesList counts;
  TRY(evaluator.vector(*node.expr, grid, [&](StepSeries&& series) -> Status {
    double last = absent_value();
    size_t group = 0;
    for (size_t i = 0; i < grid.count; ++i) {
      const double value = series.values[i];
      if (is_absent(value)) continue;
      if (is_absent(last) || value != last) {
        Labels labels = *series.labels;
        labels.set(label, format_plain(value));
        const auto [found, added] = groups.try_emplace(grouping.key(labels), counts.series.size());
        if (added) {
          TRY(evaluator.budget().hold_more(counts.held, grid.count * sizeof(double)));
          counts.series.push_back({std::make_shared<const Labels>(grouping.labels(labels)),
                                   std::vector<double>(grid.count, absent_value())});
        }
        group = found->second;
        last = value;
      }
      double& count = counts.series[group].values[i];
      count = is_absent(count) ? 1 : count + 1;
    }
    return {};
  }));
  for (StepSeries& series : counts.series) TRY(sink(std::move(series)));
  return {};
}

}  // namespace

Grouping::Grouping(const Aggregate& node) : without_(node.without), names_(node.labels) { std::ranges::sort(names_); }

std::string Grouping::key(const Labels& labels) const {
  if (!without_ && names_.empty()) return {};
  return matching_key(labels, !without_, names_);
}

Labels Grouping::labels(const Labels& labels) const {
  return without_ ? drop_labels(labels, names_) : keep_labels(labels, names_);
}

Status aggregate(Evaluator& evaluator, const Expr& expr, const Grid& grid, const SeriesSink& sink) {
  const Aggregate& node = *expr.as<Aggregate>();
  switch (node.op) {
    case AggregateOp::kTopk:
    case AggregateOp::kBottomk:
    case AggregateOp::kLimitk:
    case AggregateOp::kLimitRatio: return aggregate_by_choice(evaluator, node, grid, sink);
    case AggregateOp::kCountValues: return count_values(evaluator, node, grid, sink);
    default: break;
  }
  std::vector<double> quantiles;
  if (node.parameter != nullptr) quantiles = TRY(evaluator.scalar(*node.parameter, grid));
  const Grouping grouping(node);
  std::unordered_map<std::string, size_t> index;
  std::vector<Group> groups;
  Budget::Held held;
  TRY(evaluator.vector(*node.expr, grid, [&](StepSeries&& series) -> Status {
    const auto [found, added] = index.try_emplace(grouping.key(*series.labels), groups.size());
    if (added) {
      TRY(evaluator.budget().hold_more(held, grid.count * accumulator_bytes(node.op)));
      groups.push_back({grouping.labels(*series.labels), make_accumulator(node.op, grid.count, quantiles)});
    }
    if (node.op == AggregateOp::kQuantile) TRY(evaluator.budget().hold_more(held, grid.count * sizeof(double)));
    groups[found->second].accumulator->add(series.values);
    return {};
  }));
  for (Group& group : groups) {
    TRY(sink({std::make_shared<const Labels>(std::move(group.labels)), group.accumulator->finish()}));
  }
  return {};
}

}  // namespace capstan::telemetry::promql
