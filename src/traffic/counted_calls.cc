#include "traffic/counted_calls.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "telemetry/promql/histogram.h"

namespace capstan::traffic {
namespace {

// Two who count the same call never see exactly the same in a window.
constexpr double kAllOfIt = 0.9;
constexpr std::string_view kBound = "le";

// The labels by which a source's calls are told apart.
std::set<std::string> labels_of(const Source& source) {
  std::set<std::string> labels;
  for (const End* end : {&source.caller, &source.callee}) {
    labels.insert(end->clusters.begin(), end->clusters.end());
    for (const Naming& naming : end->names) {
      labels.insert(naming.label);
      labels.insert(naming.space);
    }
  }
  labels.insert(source.once);
  labels.insert(source.protocol_label);
  labels.erase("");
  return labels;
}

std::string selector(const std::string& name, const Source& source) {
  std::vector<std::string> matchers;
  for (const telemetry::Matcher& matcher : source.only) matchers.push_back(matcher.to_string());
  return fmt::format("{}{{{}}}", name, fmt::join(matchers, ","));
}

std::string rates(const std::string& counter, const Source& source, const std::set<std::string>& labels,
                  Duration window) {
  return fmt::format("sum by ({}) (rate({}[{}]))", fmt::join(labels, ", "), selector(counter, source),
                     format_duration(window));
}

std::string protocol_of(const Source& source, const Labels& labels) {
  std::string said(source.protocol_label.empty() ? "" : labels.get(source.protocol_label));
  std::ranges::transform(said, said.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  for (const std::string_view protocol : {"http", "grpc", "tcp"}) {
    if (said == protocol) return said;
  }
  return source.protocol;
}

bool has_failed(const Source& source, const Labels& labels) {
  return std::ranges::any_of(source.failed, [&](const Condition& condition) {
    return std::ranges::all_of(condition,
                               [&](const telemetry::Matcher& one) { return one.matches(labels.get(one.name())); });
  });
}

std::optional<double> parse_bound(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double bound = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bound);
  if (error != std::errc() || end != text.data() + text.size() || std::isnan(bound)) return std::nullopt;
  return bound;
}

// What one of those who count saw of a call.
struct Tally {
  std::optional<double> requests;
  double failed = 0;
  std::optional<double> bytes;
  std::map<double, double> buckets;  // Cumulative counts by their upper bound.

  double amount() const { return requests ? *requests : bytes.value_or(0); }
};

void add(std::optional<double>& sum, double value) { sum = sum.value_or(0) + value; }

class Counting {
 public:
  Counting(const Source& source, const Names& names) : source_(source), names_(names) {}

  void take(const Answers& answers) {
    each(answers.requests, [&](Tally& tally, const Labels& labels, double rate) {
      add(tally.requests, rate);
      if (has_failed(source_, labels)) tally.failed += rate;
    });
    each(answers.failed, [](Tally& tally, const Labels&, double rate) { tally.failed += rate; });
    each(answers.bytes, [](Tally& tally, const Labels&, double rate) { add(tally.bytes, rate); });
    each(answers.latency, [](Tally& tally, const Labels& labels, double rate) {
      if (const auto bound = parse_bound(labels.get(kBound))) tally.buckets[*bound] += rate;
    });
  }

  std::vector<CountedCall> calls() const {
    const std::map<Asked, double> by_named = asked_by_named();
    std::vector<CountedCall> found;
    for (const auto& [key, tallies] : tallies_) {
      const auto& [from, to, protocol] = key;
      const auto& [who, tally] = chosen(tallies);
      if (!tally.requests && !tally.bytes) continue;
      const Service& caller = services_.at(from);
      if (!caller.named && is_counted_by_others(by_named, {to, protocol, who}, tally.amount())) continue;
      found.push_back({.from = caller, .to = services_.at(to), .protocol = protocol, .numbers = numbers(tally)});
    }
    return found;
  }

 private:
  using Tallies = std::map<std::string, Tally>;                    // By who counted.
  using Asked = std::tuple<ResourceId, std::string, std::string>;  // Who, with which protocol, as somebody counted.

  template <class Take>
  void each(const std::vector<SeriesSample>& series, Take take) {
    for (const auto& [labels, sample] : series) {
      if (!std::isfinite(sample.value)) continue;
      Service from = names_.at_end(source_.caller, source_.unknown, labels);
      Service to = names_.at_end(source_.callee, source_.unknown, labels);
      Tallies& tallies = tallies_[{from.id, to.id, protocol_of(source_, labels)}];
      take(tallies[std::string(source_.once.empty() ? "" : labels.get(source_.once))], labels, sample.value);
      services_.try_emplace(from.id, std::move(from));
      services_.try_emplace(to.id, std::move(to));
    }
  }

  // The preferred one that saw all of it: requests that never arrived are counted where they came from alone.
  const Tallies::value_type& chosen(const Tallies& tallies) const {
    double most = 0;
    for (const auto& [who, tally] : tallies) most = std::max(most, tally.amount());
    for (const std::string& who : source_.prefer) {
      const auto tally = tallies.find(who);
      if (tally != tallies.end() && tally->second.amount() >= kAllOfIt * most) return *tally;
    }
    return *std::ranges::max_element(tallies, {}, [](const auto& entry) { return entry.second.amount(); });
  }

  std::map<Asked, double> asked_by_named() const {
    std::map<Asked, double> asked;
    for (const auto& [key, tallies] : tallies_) {
      const auto& [from, to, protocol] = key;
      const auto& [who, tally] = chosen(tallies);
      if (services_.at(from).named) asked[{to, protocol, who}] += tally.amount();
    }
    return asked;
  }

  // A callee to which nobody says who calls counts again what its callers have counted under their names.
  static bool is_counted_by_others(const std::map<Asked, double>& by_named, const Asked& asked, double amount) {
    const auto& [to, protocol, who] = asked;
    double others = 0;
    for (auto one = by_named.lower_bound({to, protocol, ""}); one != by_named.end(); ++one) {
      const auto& [other_to, other_protocol, other_who] = one->first;
      if (other_to != to || other_protocol != protocol) break;
      if (other_who != who) others += one->second;
    }
    return others > 0 && others >= kAllOfIt * amount;
  }

  Numbers numbers(const Tally& tally) const {
    Numbers found{.requests_per_second = tally.requests, .bytes_per_second = tally.bytes};
    const bool tells_failed = !source_.failed.empty() || !source_.failed_requests.empty();
    if (tally.requests && tells_failed) found.failed_per_second = std::min(tally.failed, *tally.requests);
    std::vector<telemetry::promql::Bucket> buckets;
    for (const auto& [bound, count] : tally.buckets) buckets.push_back({bound, count});
    const auto quantile = [&](double q) -> std::optional<double> {
      const double value = telemetry::promql::bucket_quantile(q, buckets) * source_.seconds_per_unit;
      return std::isfinite(value) ? std::optional(value) : std::nullopt;
    };
    found.p50_seconds = quantile(0.5);
    found.p95_seconds = quantile(0.95);
    found.p99_seconds = quantile(0.99);
    return found;
  }

  const Source& source_;
  const Names& names_;
  std::map<std::tuple<ResourceId, ResourceId, std::string>, Tallies> tallies_;
  std::map<ResourceId, Service> services_;
};

}  // namespace

Questions questions_of(const Source& source, Duration window) {
  const std::set<std::string> labels = labels_of(source);
  Questions questions;
  if (!source.requests.empty()) {
    std::set<std::string> with_failed = labels;
    for (const Condition& condition : source.failed) {
      for (const telemetry::Matcher& matcher : condition) with_failed.insert(matcher.name());
    }
    questions.requests = rates(source.requests, source, with_failed, window);
  }
  if (!source.failed_requests.empty()) questions.failed = rates(source.failed_requests, source, labels, window);
  if (!source.histogram.empty()) {
    std::set<std::string> with_bound = labels;
    with_bound.emplace(kBound);
    questions.latency = rates(source.histogram + "_bucket", source, with_bound, window);
  }
  for (const std::string& counter : source.bytes) questions.bytes.push_back(rates(counter, source, labels, window));
  const std::string& first = source.requests.empty() ? source.bytes.front() : source.requests;
  questions.newest = fmt::format("max(timestamp({}))", selector(first, source));
  return questions;
}

std::vector<CountedCall> counted_calls(const Source& source, const Answers& answers, const Names& names) {
  Counting counting(source, names);
  counting.take(answers);
  return counting.calls();
}

}  // namespace capstan::traffic
