// label_replace and label_join.
#include <fmt/format.h>
#include <re2/re2.h>

#include "base/regex_replacement.h"
#include "telemetry/promql/series_functions.h"
#include "telemetry/promql/token.h"

namespace capstan::telemetry::promql {
namespace {

Status check_label(std::string_view function, std::string_view name, std::string_view what) {
  if (!name.empty()) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("invalid {} label name in {}(): \"\": expected a name", what, function));
}

// Changes the labels of every series; equal ones afterwards are an error.
template <class Change>
Status relabel(Evaluator& evaluator, const Expr& input, const Grid& grid, const SeriesSink& sink, Change change) {
  SeriesMerger merger(evaluator.budget());
  TRY(evaluator.vector(input, grid, [&](StepSeries&& series) -> Status {
    Labels labels = *series.labels;
    change(labels);
    series.labels = std::make_shared<const Labels>(std::move(labels));
    return merger.add(std::move(series), false);
  }));
  return merger.finish(sink);
}

}  // namespace

Status label_replace(Evaluator& evaluator, const Expr& expr, const Grid& grid, const SeriesSink& sink) {
  const Call& call = *expr.as<Call>();
  const std::string& target = string_argument(call, 1);
  const std::string& source = string_argument(call, 3);
  TRY(check_label("label_replace", target, "destination"));
  RE2::Options options(RE2::Quiet);
  options.set_dot_nl(true);
  const RE2 regex(string_argument(call, 4), options);
  if (!regex.ok()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("invalid regular expression in label_replace(): {}: {}",
                                                         string_argument(call, 4), regex.error()));
  }
  const RegexReplacement replacement(string_argument(call, 2), regex);
  std::vector<re2::StringPiece> groups(static_cast<size_t>(regex.NumberOfCapturingGroups()) + 1);
  return relabel(evaluator, *call.arguments[0], grid, sink, [&](Labels& labels) {
    const std::string value(labels.get(source));
    if (!regex.Match(value, 0, value.size(), RE2::ANCHOR_BOTH, groups.data(), static_cast<int>(groups.size()))) return;
    labels.set(target, replacement.expand(groups));
  });
}

Status label_join(Evaluator& evaluator, const Expr& expr, const Grid& grid, const SeriesSink& sink) {
  const Call& call = *expr.as<Call>();
  const std::string& target = string_argument(call, 1);
  const std::string& separator = string_argument(call, 2);
  TRY(check_label("label_join", target, "destination"));
  for (size_t i = 3; i < call.arguments.size(); ++i) TRY(check_label("label_join", string_argument(call, i), "source"));
  return relabel(evaluator, *call.arguments[0], grid, sink, [&](Labels& labels) {
    std::string joined;
    for (size_t i = 3; i < call.arguments.size(); ++i) {
      if (i > 3) joined += separator;
      joined += labels.get(string_argument(call, i));
    }
    labels.set(target, joined);
  });
}

}  // namespace capstan::telemetry::promql
