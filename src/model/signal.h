// How stages ask what the world's numbers and lines are, without knowing where they are kept.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/sample.h"

namespace capstan {

// Answers PromQL. Thread-safe.
class SignalSource {
 public:
  virtual ~SignalSource() = default;
  // One sample per series at `at`; a scalar is a series without labels.
  virtual Result<std::vector<SeriesSample>> query(std::string_view promql, Time at) const = 0;
  // Both ends included, at every `step`.
  virtual Result<std::vector<Series>> query_range(std::string_view promql, Time from, Time to, Duration step) const = 0;
  // The problems of an expression, without evaluating it.
  virtual Status check(std::string_view promql) const = 0;
};

// Where sensing puts samples. Thread-safe.
class SampleSink {
 public:
  virtual ~SampleSink() = default;
  // Either all samples are taken or the error says why not (kResourceExhausted at the series limit). Samples older
  // than the newest of their series are dropped and counted, not errors.
  virtual Status append(const std::vector<SeriesSample>& samples) = 0;
};

struct LogQuery {
  std::string selector;  // LogQL-like: {filename="/var/log/x"} |= "text" != "text" |~ "regex"; "" for all.
  Time from;
  Time to;
  size_t limit = 100;
  bool newest_first = true;
};

// A group of lines that differ only in their variable parts.
struct LogTemplate {
  uint64_t id = 0;
  std::string text;  // "connection from <*> closed"
  uint64_t count = 0;
  Time first;
  Time last;
  Labels labels;
  std::string example;
};

// Answers questions about log lines. Thread-safe.
class LogSource {
 public:
  virtual ~LogSource() = default;
  virtual Result<std::vector<LogLine>> lines(const LogQuery& query) const = 0;
  virtual Result<std::vector<LogTemplate>> templates(const LogQuery& query) const = 0;
};

// Where sensing puts lines. Thread-safe.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual Status append(std::vector<LogLine> lines) = 0;
};

}  // namespace capstan
