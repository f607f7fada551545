#include "detect/log_errors.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fit.h"
#include "detect/alert_finding.h"
#include "model/span.h"

namespace capstan::detect {
namespace {

constexpr size_t kMaxTemplates = 1'000;
constexpr size_t kEvidenceLines = 10;
constexpr size_t kLongestLine = 2 << 10;  // A stack trace goes on, what matters stands at its beginning.
constexpr size_t kMaxKnown = 1'000;
constexpr size_t kMostEntries = 3;  // Of the manual, beside one finding.
constexpr double kManyOfNew = 5;
constexpr std::string_view kRule = "LogErrorBurst";

// What tells streams apart: where lines come from, not what they say.
Labels stream_labels(const Labels& labels) {
  Labels stream;
  for (std::string_view name : {"filename", "unit", "resource", "host", "instance", "job"})
    stream.set(name, labels.get(name));
  return stream;
}

std::string name_of(const Labels& stream) {
  for (std::string_view name : {"unit", "filename", "resource", "job"}) {
    if (stream.has(name)) return std::string(stream.get(name));
  }
  return "a log";
}

}  // namespace

LogErrorDetector::Stream* LogErrorDetector::stream_of(const Labels& labels) {
  Labels key = stream_labels(labels);
  const auto found = streams_.find(key);
  if (found != streams_.end()) return &found->second;
  if (streams_.size() >= options_.max_streams) return nullptr;
  Stream& stream = streams_[key];
  stream.labels = std::move(key);
  return &stream;
}

Status LogErrorDetector::learn_past(Time at, const LogSource& logs) {
  const Time end = at - options_.window;
  const auto templates = TRY(logs.templates({options_.selector, end - options_.past, end, kMaxTemplates, true}));
  struct Past {
    double events = 0;
    Time first = Time::max();
  };
  std::map<Stream*, Past> pasts;
  for (const LogTemplate& one : templates) {
    Stream* stream = stream_of(one.labels);
    if (!stream) continue;
    stream->known.insert(one.id);
    Past& past = pasts[stream];
    past.events += static_cast<double>(one.count);
    past.first = std::min(past.first, one.first);
  }
  for (const auto& [stream, past] : pasts) {
    // A log that began an hour ago is judged by that hour, not by the hours before it.
    stream->baseline.add(past.events, std::max(end - std::max(past.first, end - options_.past), options_.window));
  }
  TRY(relearn_before_bursts(logs));
  last_ = end;
  return {};
}

// A burst that a restart interrupted must not have taught the detector that it is usual.
Status LogErrorDetector::relearn_before_bursts(const LogSource& logs) {
  for (auto& [labels, stream] : streams_) {
    const auto burst = restored_.find(finding_id(kRule, labels));
    if (burst == restored_.end()) continue;
    const Time since = burst->second - options_.window;
    stream.baseline = {};
    stream.known.clear();
    double events = 0;
    for (const LogTemplate& one :
         TRY(logs.templates({options_.selector, since - options_.past, since, kMaxTemplates, true}))) {
      if (stream_labels(one.labels) != labels) continue;
      events += static_cast<double>(one.count);
      stream.known.insert(one.id);
    }
    if (events > 0) stream.baseline.add(events, options_.past);
  }
  return {};
}

void LogErrorDetector::count(Time at, const std::vector<LogTemplate>& templates) {
  std::map<Stream*, double> counts;
  for (const LogTemplate& one : templates) {
    if (Stream* stream = stream_of(one.labels)) counts[stream] += static_cast<double>(one.count);
  }
  for (auto& [labels, stream] : streams_) {
    const auto found = counts.find(&stream);
    if (found != counts.end()) stream.counts.emplace_back(at, found->second);
    // What leaves the window becomes the past, unless it is part of what is being told.
    double left = 0;
    while (!stream.counts.empty() && at - stream.counts.front().first >= options_.window) {
      left += stream.counts.front().second;
      stream.counts.pop_front();
    }
    if (!stream.burst_since) stream.baseline.add(left, std::min(at - *last_, options_.past));
  }
}

void LogErrorDetector::judge(Stream& stream, Time at, const std::vector<LogTemplate>& recent, ResourceFinder& finder) {
  double in_window = 0;
  for (const auto& [when, count] : stream.counts) in_window += count;
  std::vector<LogTemplate> top;
  double of_new = 0;
  for (const LogTemplate& one : recent) {
    if (stream_labels(one.labels) != stream.labels) continue;
    top.push_back(one);
    if (!stream.known.contains(one.id)) of_new += static_cast<double>(one.count);
  }
  const bool is_new = of_new >= kManyOfNew && of_new * 2 >= in_window;
  const bool burst =
      in_window >= options_.least && stream.baseline.tail(in_window, options_.window) < options_.improbable;
  if (burst) {
    if (!stream.burst_since) stream.burst_since = at;
    stream.last_burst = at;
    if (at - *stream.burst_since >= options_.accept) {
      stream.baseline = {};
      stream.baseline.add(in_window * 10, options_.window * 10);
      stream.burst_since.reset();
    }
  }
  if (stream.burst_since && (burst || stream.finding.id.empty())) {
    const bool keeps_grade = stream.finding.severity == Severity::kHigh && !stream.finding.id.empty();
    stream.finding = describe(stream, in_window, top, is_new || keeps_grade, finder);
  }
  if (stream.burst_since && at - stream.last_burst >= options_.quiet) stream.burst_since.reset();
  if (!stream.burst_since) {
    stream.finding = {};
    for (const LogTemplate& one : top) {
      if (stream.known.size() < kMaxKnown) stream.known.insert(one.id);
    }
  }
}

Finding LogErrorDetector::describe(const Stream& stream, double in_window, std::vector<LogTemplate> top, bool is_new,
                                   ResourceFinder& finder) const {
  Finding finding;
  finding.rule = kRule;
  finding.labels = stream.labels;
  finding.id = finding_id(kRule, stream.labels);
  finding.severity = is_new ? Severity::kHigh : Severity::kMedium;
  finding.resource = finder.find(stream.labels);
  finding.value = in_window;
  finding.query = options_.selector;
  finding.since = *stream.burst_since;
  if (const auto known = restored_.find(finding.id); known != restored_.end()) finding.since = known->second;
  std::ranges::stable_sort(top, std::ranges::greater(), &LogTemplate::count);
  finding.says = Words::phrase(top.empty() ? "finding.log_errors" : "finding.log_errors_top",
                               {{"log", name_of(stream.labels)},
                                {"rate", fmt::format("{:.0f}", in_window * 60 / to_seconds(options_.window))},
                                {"usual", fmt::format("{:.1f}", stream.baseline.expected(Duration(60'000)))},
                                {"line", top.empty() ? "" : fit_text(top.front().text, kLongestLine)}});
  finding.remedy = Words::phrase("remedy.read_lines");
  Evidence lines;
  lines.kind = Evidence::Kind::kLines;
  lines.query = options_.selector;
  lines.text =
      Words::phrase(is_new ? "evidence.lines_new" : "evidence.lines", {{"count", fmt::format("{:.0f}", in_window)},
                                                                       {"window", say_span(options_.window)},
                                                                       {"templates", std::to_string(top.size())}});
  for (const LogTemplate& one : top) {
    if (lines.lines.size() >= kEvidenceLines) break;
    const std::string& line = one.example.empty() ? one.text : one.example;
    lines.lines.push_back(fmt::format("{}x {}", one.count, fit_text(line, kLongestLine)));
  }
  finding.evidence.push_back(std::move(lines));
  consult_manual(top, finding);
  return finding;
}

// What the most frequent line that the manual knows means is what to do first.
void LogErrorDetector::consult_manual(const std::vector<LogTemplate>& top, Finding& finding) const {
  if (manual_ == nullptr) return;
  std::vector<ManualEntry> told;
  for (const LogTemplate& one : top) {
    if (told.size() >= kMostEntries) break;
    const std::vector<ManualEntry> found = manual_->look_up(one.example.empty() ? one.text : one.example, "", 1);
    if (found.empty() || std::ranges::find(told, found[0]) != told.end()) continue;
    if (told.empty() && !found[0].remedies.empty())
      finding.remedy = fmt::format("{}", fmt::join(found[0].remedies, "; "));
    finding.evidence.push_back(evidence_of(found[0]));
    told.push_back(found[0]);
  }
}

void LogErrorDetector::restore(const Finding& finding) {
  if (finding.rule == kRule) restored_.emplace(finding.id, finding.since);
}

Result<std::vector<Finding>> LogErrorDetector::evaluate(Time at, const LogSource& logs, ResourceFinder& finder) {
  if (last_ && at < *last_) last_ = at - options_.every;  // The clock was set back.
  if (!last_) TRY(learn_past(at, logs));
  const auto fresh = TRY(logs.templates({options_.selector, *last_, at - Duration(1), kMaxTemplates, true}));
  const auto recent =
      TRY(logs.templates({options_.selector, at - options_.window, at - Duration(1), kMaxTemplates, true}));
  count(at, fresh);
  std::vector<Finding> holding;
  for (auto& [labels, stream] : streams_) {
    judge(stream, at, recent, finder);
    if (stream.burst_since) holding.push_back(stream.finding);
  }
  last_ = at;
  return holding;
}

}  // namespace capstan::detect
