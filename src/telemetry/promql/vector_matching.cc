// Operators between vectors: which series of the two sides belong together, step by step.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "telemetry/promql/binary_evaluation.h"

namespace capstan::telemetry::promql {
namespace {

using Present = std::vector<char>;  // Per step, whether there is a value.

void mark(Present& present, const std::vector<double>& values) {
  for (size_t i = 0; i < values.size(); ++i) present[i] = static_cast<char>(present[i] != 0 || !is_absent(values[i]));
}

std::vector<std::string> sorted(std::vector<std::string> names) {
  std::ranges::sort(names);
  return names;
}

// Series of both sides that agree in the labels of the matching. "One" is the side that may have but one at a step.
struct MatchGroup {
  std::vector<const StepSeries*> many;
  std::vector<const StepSeries*> one;
};

class VectorMatching {
 public:
  VectorMatching(Evaluator& evaluator, const Binary& node, const Grid& grid, const SeriesSink& sink)
      : evaluator_(evaluator), node_(node), grid_(grid), sink_(sink), merger_(evaluator.budget()) {}

  Status run(const SeriesList& left, const SeriesList& right) {
    const bool swapped = node_.matching.group == Matching::Group::kRight;
    const SeriesList& many = swapped ? right : left;
    const SeriesList& one = swapped ? left : right;
    sort_into_groups(many, one);
    for (const MatchGroup* group : in_order_) {
      TRY(evaluator_.budget().check());
      TRY(refuse_two_of_one(*group));
      TRY(join(*group));
    }
    return merger_.finish(sink_);
  }

 private:
  void sort_into_groups(const SeriesList& many, const SeriesList& one) {
    const std::vector<std::string> names = sorted(node_.matching.labels);
    Present any_many(grid_.count, 0);
    Present any_one(grid_.count, 0);
    const auto group_of = [&](const StepSeries& series) -> MatchGroup& {
      const auto [found, added] = groups_.try_emplace(matching_key(*series.labels, node_.matching.on, names));
      if (added) in_order_.push_back(&found->second);
      return found->second;
    };
    for (const StepSeries& series : many.series) {
      group_of(series).many.push_back(&series);
      mark(any_many, series.values);
    }
    for (const StepSeries& series : one.series) {
      group_of(series).one.push_back(&series);
      mark(any_one, series.values);
    }
    both_.assign(grid_.count, 0);
    for (size_t i = 0; i < grid_.count; ++i) both_[i] = static_cast<char>(any_many[i] != 0 && any_one[i] != 0);
  }

  // An error only at steps where both sides have anything at all, as in Prometheus.
  Status refuse_two_of_one(const MatchGroup& group) const {
    if (group.one.size() < 2) return {};
    for (size_t i = 0; i < grid_.count; ++i) {
      if (both_[i] == 0) continue;
      const StepSeries* seen = nullptr;
      for (const StepSeries* series : group.one) {
        if (is_absent(series->values[i])) continue;
        if (seen == nullptr) {
          seen = series;
          continue;
        }
        const Matching& matching = node_.matching;
        const Labels matched =
            matching.on ? keep_labels(*series->labels, matching.labels) : drop_labels(*series->labels, matching.labels);
        return fail(ErrorCode::kFailedPrecondition,
                    fmt::format("found duplicate series for the match group {} on the {} hand-side of the operation: "
                                "[{}, {}];many-to-many "
                                "matching not allowed: matching labels must be unique on one side",
                                matched.to_string(), matching.group == Matching::Group::kRight ? "left" : "right",
                                series->labels->to_string(), seen->labels->to_string()));
      }
    }
    return {};
  }

  Status join(const MatchGroup& group) {
    if (group.many.empty() || group.one.empty()) return {};
    const bool one_to_one = node_.matching.group == Matching::Group::kNone;
    std::vector<StepSeries> made;
    std::unordered_multimap<uint64_t, size_t> by_labels;
    for (const StepSeries* many : group.many) {
      for (const StepSeries* one : group.one) {
        StepSeries result{nullptr, combine(*many, *one)};
        if (result.is_empty()) continue;
        result.labels = std::make_shared<const Labels>(result_labels(*many->labels, *one->labels));
        // In one-to-one matching any two of a group are in each other's way, else only those of equal labels.
        const uint64_t hash = one_to_one ? 0 : result.labels->hash();
        for (auto [at, end] = by_labels.equal_range(hash); at != end; ++at) TRY(refuse_same(made[at->second], result));
        by_labels.emplace(hash, made.size());
        made.push_back(std::move(result));
      }
    }
    for (StepSeries& series : made) TRY(merger_.add(std::move(series)));
    return {};
  }

  std::vector<double> combine(const StepSeries& many, const StepSeries& one) const {
    const bool swapped = node_.matching.group == Matching::Group::kRight;
    std::vector<double> values(grid_.count, absent_value());
    for (size_t i = 0; i < grid_.count; ++i) {
      const double a = many.values[i];
      const double b = one.values[i];
      if (is_absent(a) || is_absent(b)) continue;
      const Outcome outcome = swapped ? apply(node_.op, b, a) : apply(node_.op, a, b);
      if (node_.return_bool) {
        values[i] = outcome.keep ? 1 : 0;
      } else if (outcome.keep) {
        values[i] = outcome.value;
      }
    }
    return values;
  }

  Labels result_labels(const Labels& many, const Labels& one) const {
    const Matching& matching = node_.matching;
    Labels labels = many;
    if (!is_comparison(node_.op) || node_.return_bool) labels.set(kMetricName, "");
    if (matching.group == Matching::Group::kNone) {
      if (matching.on) {
        labels = keep_labels(labels, matching.labels);
      } else {
        for (const std::string& name : matching.labels) labels.set(name, "");
      }
    }
    for (const std::string& name : matching.include) labels.set(name, one.get(name));
    return labels;
  }

  // Two results of one group at one step: too many on a side that should have one, or labels that do not tell apart.
  Status refuse_same(const StepSeries& a, const StepSeries& b) const {
    const bool one_to_one = node_.matching.group == Matching::Group::kNone;
    if (!one_to_one && *a.labels != *b.labels) return {};
    for (size_t i = 0; i < grid_.count; ++i) {
      if (is_absent(a.values[i]) || is_absent(b.values[i])) continue;
      return fail(ErrorCode::kFailedPrecondition,
                  one_to_one
                      ? "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
                      : "multiple matches for labels: grouping labels must ensure unique matches");
    }
    return {};
  }

  Evaluator& evaluator_;
  const Binary& node_;
  const Grid& grid_;
  const SeriesSink& sink_;
  std::map<std::string, MatchGroup> groups_;
  std::vector<const MatchGroup*> in_order_;
  Present both_;
  SeriesMerger merger_;
};

}  // namespace

Status evaluate_matching(Evaluator& evaluator, const Binary& node, const Grid& grid, const SeriesSink& sink) {
  const SeriesList left = TRY(evaluator.collect(*node.left, grid));
  const SeriesList right = TRY(evaluator.collect(*node.right, grid));
  return VectorMatching(evaluator, node, grid, sink).run(left, right);
}

Status evaluate_set(Evaluator& evaluator, const Binary& node, const Grid& grid, const SeriesSink& sink) {
  SeriesList left = TRY(evaluator.collect(*node.left, grid));
  SeriesList right = TRY(evaluator.collect(*node.right, grid));
  const std::vector<std::string> names = sorted(node.matching.labels);
  const auto key = [&](const StepSeries& series) { return matching_key(*series.labels, node.matching.on, names); };
  // For `or` the right gives way where the left has something, for the others the left asks the right.
  const bool is_or = node.op == BinaryOp::kOr;
  std::map<std::string, Present> present;
  for (const StepSeries& series : is_or ? left.series : right.series) {
    mark(present.try_emplace(key(series), grid.count, 0).first->second, series.values);
  }
  SeriesMerger merger(evaluator.budget());
  if (is_or) {
    for (StepSeries& series : left.series) TRY(merger.add(std::move(series)));
  }
  for (StepSeries& series : is_or ? right.series : left.series) {
    const auto found = present.find(key(series));
    for (size_t i = 0; i < grid.count; ++i) {
      const bool there = found != present.end() && found->second[i] != 0;
      if (there != (node.op == BinaryOp::kAnd)) series.values[i] = absent_value();
    }
    if (!series.is_empty()) TRY(merger.add(std::move(series)));
  }
  return merger.finish(sink);
}

}  // namespace capstan::telemetry::promql
