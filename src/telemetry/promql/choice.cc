// topk, bottomk, limitk and limit_ratio.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "telemetry/promql/aggregation.h"
#include "telemetry/promql/quantile.h"

namespace capstan::telemetry::promql {
namespace {

// The best `k` of the values seen, the worst of them on top. Its order of equal values is that of the binary heap that
// Prometheus uses, so that the same of several equal series are chosen.
class BestOf {
 public:
  BestOf(size_t k, bool largest) : k_(k), largest_(largest) {}

  void offer(double value, size_t series) {
    if (heap_.size() < k_) {
      heap_.push_back({value, series});
      rise(heap_.size() - 1);
      return;
    }
    const double worst = heap_.front().value;
    const bool better = largest_ ? worst < value : worst > value;
    if (!better && !(std::isnan(worst) && !std::isnan(value))) return;
    heap_.front() = {value, series};
    sink(0);
  }

  struct Item {
    double value;
    size_t series;
  };
  // Best first.
  std::vector<Item> sorted() {
    std::ranges::stable_sort(heap_, [&](const Item& a, const Item& b) { return worse(b.value, a.value); });
    return std::move(heap_);
  }

 private:
  bool worse(double a, double b) const {
    if (std::isnan(a)) return !std::isnan(b);
    return largest_ ? a < b : a > b;
  }
  void rise(size_t i) {
    while (i > 0 && worse(heap_[i].value, heap_[(i - 1) / 2].value)) {
      std::swap(heap_[i], heap_[(i - 1) / 2]);
      i = (i - 1) / 2;
    }
  }
  void sink(size_t i) {
    while (true) {
      size_t child = 2 * i + 1;
      if (child >= heap_.size()) return;
      if (child + 1 < heap_.size() && worse(heap_[child + 1].value, heap_[child].value)) ++child;
      if (!worse(heap_[child].value, heap_[i].value)) return;
      std::swap(heap_[i], heap_[child]);
      i = child;
    }
  }

  size_t k_;
  bool largest_;
  std::vector<Item> heap_;
};

// Whether a series belongs to the share of limit_ratio. Which ones do depends on the hash of the labels only, so that
// r and r-1 together choose every series once.
bool in_ratio(double ratio, const Labels& labels) {
  const double place = static_cast<double>(labels.hash()) / 18446744073709551616.0;
  return ratio >= 0 ? place < ratio : place >= 1.0 + ratio;
}

Result<size_t> count_parameter(double k) {
  if (std::isnan(k)) return fail(ErrorCode::kInvalidArgument, "Parameter value is NaN");
  if (std::abs(k) >= 9.2e18)
    return fail(ErrorCode::kInvalidArgument, fmt::format("Scalar value {} overflows int64", k));
  return k < 1 ? 0 : static_cast<size_t>(k);
}

class Choice {
 public:
  Choice(const Aggregate& node, const Grid& grid, SeriesList input)
      : node_(node), grid_(grid), input_(std::move(input)) {
    const Grouping grouping(node);
    std::unordered_map<std::string, size_t> index;
    for (size_t i = 0; i < input_.series.size(); ++i) {
      const auto [found, added] = index.try_emplace(grouping.key(*input_.series[i].labels), groups_.size());
      if (added) groups_.emplace_back();
      groups_[found->second].push_back(i);
    }
  }

  Status run(Evaluator& evaluator, const std::vector<double>& parameters, const SeriesSink& sink) {
    std::vector<std::vector<char>> chosen(input_.series.size(), std::vector<char>(grid_.count, 0));
    std::vector<size_t> order;
    for (size_t step = 0; step < grid_.count; ++step) {
      if (step % 64 == 63) TRY(evaluator.budget().check());
      for (const std::vector<size_t>& group : groups_) {
        const std::vector<size_t> best = TRY(choose(group, step, parameters[step]));
        for (size_t series : best) chosen[series][step] = 1;
        if (grid_.count == 1) order.insert(order.end(), best.begin(), best.end());
      }
    }
    if (grid_.count > 1) {
      for (size_t i = 0; i < input_.series.size(); ++i) order.push_back(i);
    }
    for (size_t i : order) {
      StepSeries& series = input_.series[i];
      for (size_t step = 0; step < grid_.count; ++step) {
        if (chosen[i][step] == 0) series.values[step] = absent_value();
      }
      if (!series.is_empty()) TRY(sink(std::move(series)));
    }
    return {};
  }

 private:
  // The series of the group that are chosen at a step; by topk and bottomk the best first.
  Result<std::vector<size_t>> choose(const std::vector<size_t>& group, size_t step, double parameter) const {
    std::vector<size_t> best;
    const bool ratio = node_.op == AggregateOp::kLimitRatio;
    if (ratio && std::isnan(parameter)) return fail(ErrorCode::kInvalidArgument, "Ratio value is NaN");
    const size_t k = ratio ? 0 : TRY(count_parameter(parameter));
    const bool by_value = node_.op == AggregateOp::kTopk || node_.op == AggregateOp::kBottomk;
    BestOf heap(k, node_.op == AggregateOp::kTopk);
    for (size_t i : group) {
      const StepSeries& series = input_.series[i];
      if (is_absent(series.values[step])) continue;
      if (by_value) {
        if (k > 0) heap.offer(series.values[step], i);
      } else if (ratio ? in_ratio(std::clamp(parameter, -1.0, 1.0), *series.labels) : best.size() < k) {
        best.push_back(i);
      }
    }
    for (const BestOf::Item& item : heap.sorted()) best.push_back(item.series);
    return best;
  }

  const Aggregate& node_;
  const Grid& grid_;
  SeriesList input_;
  std::vector<std::vector<size_t>> groups_;
};

}  // namespace

Status aggregate_by_choice(Evaluator& evaluator, const Aggregate& node, const Grid& grid, const SeriesSink& sink) {
  const std::vector<double> parameters = TRY(evaluator.scalar(*node.parameter, grid));
  SeriesList input = TRY(evaluator.collect(*node.expr, grid));
  const Budget::Held marks = TRY(evaluator.budget().hold(input.series.size() * grid.count));
  return Choice(node, grid, std::move(input)).run(evaluator, parameters, sink);
}

}  // namespace capstan::telemetry::promql
