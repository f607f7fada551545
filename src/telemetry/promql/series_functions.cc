#include "telemetry/promql/series_functions.h"

#include <algorithm>
#include <set>

#include "telemetry/promql/quantile.h"

namespace capstan::telemetry::promql {
namespace {

// What an absent series would be labelled with: the labels that the selector asks to be equal, each asked once.
Labels labels_asked_for(const Expr& argument) {
  const VectorSelector* selector = argument.as<VectorSelector>();
  if (const auto* matrix = argument.as<MatrixSelector>()) selector = &matrix->selector;
  Labels labels;
  if (selector == nullptr) return labels;
  std::set<std::string> seen;
  for (const Matcher& matcher : selector->matchers) {
    if (matcher.name() == kMetricName) continue;
    const bool first = matcher.type() == Matcher::Type::kEqual && seen.insert(matcher.name()).second;
    labels.set(matcher.name(), first ? matcher.value() : "");
  }
  return labels;
}

// 1 where `present` is not set.
Status give_absence(const Expr& argument, const std::vector<char>& present, const SeriesSink& sink) {
  StepSeries out{std::make_shared<const Labels>(labels_asked_for(argument)),
                 std::vector<double>(present.size(), absent_value())};
  for (size_t i = 0; i < present.size(); ++i) {
    if (present[i] == 0) out.values[i] = 1;
  }
  return out.is_empty() ? Status() : sink(std::move(out));
}

// Chunks of digits compare as numbers, all else byte by byte: "web2" comes before "web10".
int compare_naturally(std::string_view a, std::string_view b) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const auto take_number = [&](std::string_view& text) {
        size_t length = 0;
        while (length < text.size() && is_digit(text[length])) ++length;
        std::string_view number = text.substr(0, length);
        text.remove_prefix(length);
        while (number.size() > 1 && number.front() == '0') number.remove_prefix(1);
        return number;
      };
      const std::string_view x = take_number(a);
      const std::string_view y = take_number(b);
      if (x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
      if (const int order = x.compare(y); order != 0) return order;
    } else {
      if (a.front() != b.front())
        return static_cast<unsigned char>(a.front()) < static_cast<unsigned char>(b.front()) ? -1 : 1;
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.empty() ? (b.empty() ? 0 : -1) : 1;
}

template <class Less>
Status sorted(Evaluator& evaluator, const Expr& expr, const Grid& grid, const SeriesSink& sink, Less less) {
  const Expr& input = *expr.as<Call>()->arguments.front();
  if (grid.count > 1) return evaluator.vector(input, grid, sink);
  SeriesList list = TRY(evaluator.collect(input, grid));
  std::ranges::stable_sort(list.series, less);
  for (StepSeries& series : list.series) TRY(sink(std::move(series)));
  return {};
}

Status sorted_by_label(Evaluator& evaluator, const Expr& expr, const Grid& grid, const SeriesSink& sink, bool falling) {
  const Call& call = *expr.as<Call>();
  return sorted(evaluator, expr, grid, sink, [&](const StepSeries& a, const StepSeries& b) {
    for (size_t i = 1; i < call.arguments.size(); ++i) {
      const std::string& label = string_argument(call, i);
      const int order = compare_naturally(a.labels->get(label), b.labels->get(label));
      if (order != 0) return falling ? order > 0 : order < 0;
    }
    return falling ? *b.labels < *a.labels : *a.labels < *b.labels;
  });
}

}  // namespace

const std::string& string_argument(const Call& call, size_t index) {
  return without_parens(*call.arguments[index]).as<StringLiteral>()->value;
}

Status absent_of(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink) {
  const Expr& argument = *call.as<Call>()->arguments.front();
  std::vector<char> present(grid.count, 0);
  TRY(evaluator.vector(argument, grid, [&](StepSeries&& series) -> Status {
    for (size_t i = 0; i < grid.count; ++i)
      present[i] = static_cast<char>(present[i] != 0 || !is_absent(series.values[i]));
    return {};
  }));
  return give_absence(argument, present, sink);
}

Status absent_over_time(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink) {
  const Expr& argument = without_parens(*call.as<Call>()->arguments.front());
  const WindowShape shape = evaluator.window_shape(argument);
  std::vector<char> present(grid.count, 0);
  TRY(evaluator.ranges(argument, grid, [&](RangeSeries&& series) -> Status {
    size_t past = 0;
    for (size_t i = 0; i < grid.count; ++i) {
      const int64_t end = shape.end(grid.at(i));
      while (past < series.samples.size() && series.samples[past].at_ms <= end) ++past;
      if (past > 0 && series.samples[past - 1].at_ms > end - shape.range_ms) present[i] = 1;
    }
    return {};
  }));
  return give_absence(argument, present, sink);
}

Status vector_of(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink) {
  return sink({std::make_shared<const Labels>(), TRY(evaluator.scalar(*call.as<Call>()->arguments.front(), grid))});
}

Status timestamp_of(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink) {
  const Expr& argument = *call.as<Call>()->arguments.front();
  const VectorSelector* selector = without_parens(argument).as<VectorSelector>();
  if (selector == nullptr) {
    const auto time = [&](double, size_t step) { return static_cast<double>(grid.at(step)) / 1000.0; };
    return evaluator.transform(argument, grid, true, time, sink);
  }
  SeriesMerger merger(evaluator.budget());
  TRY(evaluator.points(*selector, grid, Evaluator::Point::kTimestamp, [&](StepSeries&& series) {
    series.labels = without_name(series.labels);
    return merger.add(std::move(series));
  }));
  return merger.finish(sink);
}

Status sort_by_value(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink) {
  return sorted(evaluator, call, grid, sink, [](const StepSeries& a, const StepSeries& b) {
    const double x = a.values[0];
    const double y = b.values[0];
    return x != x ? false : y != y ? true : x < y;  // NaN comes last.
  });
}

Status sort_by_value_falling(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink) {
  return sorted(evaluator, call, grid, sink,
                [](const StepSeries& a, const StepSeries& b) { return less_nan_first(b.values[0], a.values[0]); });
}

Status sort_by_label(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink) {
  return sorted_by_label(evaluator, call, grid, sink, false);
}
Status sort_by_label_falling(Evaluator& evaluator, const Expr& call, const Grid& grid, const SeriesSink& sink) {
  return sorted_by_label(evaluator, call, grid, sink, true);
}

}  // namespace capstan::telemetry::promql
