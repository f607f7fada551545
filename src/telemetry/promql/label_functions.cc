// label_replace and label_join.
#include <fmt/format.h>
#include <re2/re2.h>

#include <charconv>

#include "telemetry/promql/series_functions.h"
#include "telemetry/promql/token.h"

namespace capstan::telemetry::promql {
namespace {

Status check_label(std::string_view function, std::string_view name, std::string_view what) {
  if (!name.empty()) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("invalid {} label name in {}(): \"\": expected a name", what, function));
}

// A replacement text, taken apart once: literal text and the number of a group (-1 for none) after it.
class Template {
 public:
  // $1, ${1}, $name, ${name}, $$; as Go's Regexp.Expand: the longest name counts, unknown groups are empty.
  Template(std::string_view text, const std::map<std::string, int>& names) {
    std::string literal;
    while (!text.empty()) {
      const size_t dollar = text.find('$');
      literal += text.substr(0, dollar);
      if (dollar == std::string_view::npos) break;
      text.remove_prefix(dollar + 1);
      if (text.starts_with('$')) {
        literal += '$';
        text.remove_prefix(1);
        continue;
      }
      const std::string_view name = take_name(text);
      if (name.empty()) {
        literal += '$';
        continue;
      }
      parts_.push_back({std::move(literal), group_number(name, names)});
      literal.clear();
    }
    parts_.push_back({std::move(literal), kNone});
  }

  std::string expand(const std::vector<re2::StringPiece>& groups) const {
    std::string out;
    for (const auto& [literal, group] : parts_) {
      out += literal;
      if (group >= 0 && group < static_cast<int>(groups.size())) {
        const re2::StringPiece& value = groups[static_cast<size_t>(group)];
        out.append(value.data() == nullptr ? "" : value.data(), value.size());
      }
    }
    return out;
  }

 private:
  static constexpr int kNone = -1;

  // The name after a dollar, with or without braces; "" when there is none, and nothing is taken.
  static std::string_view take_name(std::string_view& text) {
    const bool braces = text.starts_with('{');
    const size_t begin = braces ? 1 : 0;
    size_t end = begin;
    const auto is_word = [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    while (end < text.size() && is_word(text[end])) ++end;
    if (end == begin || (braces && (end >= text.size() || text[end] != '}'))) return {};
    const std::string_view name = text.substr(begin, end - begin);
    text.remove_prefix(end + begin);
    return name;
  }

  static int group_number(std::string_view name, const std::map<std::string, int>& names) {
    int number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size()) return number;
    const auto found = names.find(std::string(name));
    return found == names.end() ? kNone : found->second;
  }

  std::vector<std::pair<std::string, int>> parts_;
};

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
  const Template replacement(string_argument(call, 2), regex.NamedCapturingGroups());
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
