// Signals, catalog and logs for tests: answers are written down beforehand.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "model/signal.h"
#include "model/table.h"

namespace capstan::detect {

class FakeSignals final : public SignalSource {
 public:
  Result<std::vector<SeriesSample>> query(std::string_view promql, Time at) const override {
    asked.emplace_back(promql, at);
    const auto answer = answers.find(std::string(promql));
    if (answer == answers.end()) return std::vector<SeriesSample>{};
    return answer->second;
  }
  Result<std::vector<Series>> query_range(std::string_view promql, Time, Time to, Duration) const override {
    std::vector<Series> all;
    const auto answer = answers.find(std::string(promql));
    if (answer == answers.end() || !answer->second) return all;
    for (const SeriesSample& one : *answer->second) all.push_back({one.labels, {{to_unix_ms(to), one.sample.value}}});
    return all;
  }
  Status check(std::string_view promql) const override {
    const size_t bad = promql.find("!!");
    if (bad == std::string_view::npos) return {};
    return fail(ErrorCode::kInvalidArgument, "unexpected '!!'", {"", 1, static_cast<int>(bad) + 1});
  }

  // One sample for each label set, with the same value.
  void set(const std::string& promql, std::vector<Labels> series, double value = 1) {
    std::vector<SeriesSample> samples;
    for (Labels& labels : series) samples.push_back({std::move(labels), {0, value}});
    answers.insert_or_assign(promql, std::move(samples));
  }

  std::map<std::string, Result<std::vector<SeriesSample>>> answers;
  mutable std::vector<std::pair<std::string, Time>> asked;
};

// Knows resource ids and hosts by name, and answers other queries by their text.
class FakeSql final : public SqlSource {
 public:
  Result<Table> query(std::string_view sql, Time, const Options& options) const override {
    if (const auto answer = answers.find(std::string(sql)); answer != answers.end()) return answer->second;
    Table table{{"id"}, {}, false};
    if (options.bind.empty()) return table;
    const std::string value = to_text(options.bind[0].second);
    if (sql.find("kind = 'host'") != std::string_view::npos) {
      if (const auto host = hosts.find(value); host != hosts.end()) table.rows.push_back({host->second});
    } else {
      for (const std::string& id : ids) {
        if (id == value) table.rows.push_back({id});
      }
    }
    return table;
  }
  Status check(std::string_view sql) const override {
    if (sql.find("SELEC ") == std::string_view::npos) return {};
    return fail(ErrorCode::kInvalidArgument, "near \"SELEC\": syntax error");
  }

  std::vector<std::string> ids;
  std::map<std::string, std::string> hosts;
  std::map<std::string, Result<Table>> answers;
};

// Lines of known templates at known times.
class FakeLogs final : public LogSource {
 public:
  struct Said {
    Time at;
    uint64_t id = 1;
    std::string text;
    Labels labels;
    uint64_t count = 1;
  };
  Result<std::vector<LogLine>> lines(const LogQuery&) const override { return std::vector<LogLine>{}; }
  Result<std::vector<LogTemplate>> templates(const LogQuery& query) const override {
    std::map<std::pair<uint64_t, Labels>, LogTemplate> found;
    for (const Said& one : said) {
      if (one.at < query.from || one.at > query.to) continue;
      LogTemplate& entry = found[{one.id, one.labels}];
      if (entry.count == 0) entry.first = one.at;
      entry.id = one.id;
      entry.text = one.text;
      entry.example = one.text;
      entry.labels = one.labels;
      entry.count += one.count;
      entry.last = one.at;
    }
    std::vector<LogTemplate> all;
    for (auto& [key, entry] : found) all.push_back(std::move(entry));
    return all;
  }
  std::vector<Said> said;
};

}  // namespace capstan::detect
