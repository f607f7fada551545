#include "loop/service_desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "loop/mute_list.h"

namespace capstan::loop {
namespace {

constexpr Duration kMostTime{10'000};  // For the questions to all sources of metrics.
constexpr size_t kMostSeries = 200'000;
constexpr size_t kMostRows = 500'000;

std::string error_of(const Status& status) { return status ? "" : status.error().message; }

// One round of questions about one moment.
class Round {
 public:
  Round(const ServiceDesk::Parts& parts, const traffic::TrafficBook& book, const catalog::CatalogReader& catalog,
        Time at)
      : parts_(parts), book_(book), catalog_(catalog), names_(book, catalog.kinds()), now_(at) {}

  Result<traffic::ServiceGraph> answer(const ServiceGraphQuery& query) {
    TRY(catalog_.each_name([&](const Resource& resource) { names_.add(resource); }));
    std::vector<traffic::SourceCalls> calls;
    for (const traffic::CatalogSource& source : book_.catalog) {
      calls.push_back({.name = source.name, .calls = {}, .newest = {}, .error = error_of(take_services(source))});
    }
    // Once all is known about who stands for whom.
    for (size_t i = 0; i < calls.size(); ++i) {
      const Status taken = take_calls(book_.catalog[i], calls[i].calls);
      if (!taken) calls[i].error = error_of(taken);
    }
    const auto deadline = parts_.clock.monotonic() + kMostTime;
    for (const traffic::Source& source : book_.sources) {
      calls.push_back(counted_calls(source, query.window, deadline - parts_.clock.monotonic()));
    }
    return traffic::make_graph(calls, TRY(worst()),
                               {.cluster = query.cluster, .space = query.space, .limit = query.limit});
  }

 private:
  Result<Table> rows(const std::string& columns, const std::string& sql) const {
    Table table = TRY(parts_.sql.query(fmt::format("SELECT {} FROM (\n{}\n)", columns, sql), now_,
                                       {.row_limit = kMostRows, .bind = {}}));
    if (table.truncated) return fail(ErrorCode::kResourceExhausted, fmt::format("more than {} rows", kMostRows));
    return table;
  }

  Status take_services(const traffic::CatalogSource& source) {
    for (const std::string& sql : source.stands_for) {
      for (const auto& row : TRY(rows("id, service", sql)).rows) {
        names_.add_service_of(rounds_, to_text(row[0]), to_text(row[1]));
      }
      ++rounds_;
    }
    return {};
  }

  Status take_calls(const traffic::CatalogSource& source, std::vector<traffic::CountedCall>& calls) const {
    if (source.calls.empty()) return {};
    for (const auto& row : TRY(rows("caller, callee", source.calls)).rows) {
      const ResourceId from = names_.shown_as(to_text(row[0])), to = names_.shown_as(to_text(row[1]));
      if (from != to)
        calls.push_back({.from = names_.service(from), .to = names_.service(to), .protocol = "", .numbers = {}});
    }
    return {};
  }

  Result<std::vector<SeriesSample>> ask(const std::string& promql, Duration time) const {
    std::vector<SeriesSample> samples;
    if (promql.empty()) return samples;
    if (time <= Duration(0)) return fail(ErrorCode::kDeadlineExceeded, "no time was left to ask it");
    telemetry::QueryResult result = TRY(parts_.engine.query(promql, now_, {.time = time}));
    if (result.series.size() > kMostSeries) {
      return fail(ErrorCode::kResourceExhausted,
                  fmt::format("{} series, of which at most {} are taken", result.series.size(), kMostSeries));
    }
    for (Series& series : result.series) samples.push_back({std::move(series.labels), series.samples.front()});
    return samples;
  }

  // What could be asked counts, whatever could not.
  traffic::SourceCalls counted_calls(const traffic::Source& source, Duration window, Duration time) const {
    traffic::SourceCalls counted{.name = source.name, .calls = {}, .newest = {}, .error = ""};
    const auto deadline = parts_.clock.monotonic() + time;
    const auto take = [&](const std::string& promql, std::vector<SeriesSample>& to) {
      auto samples = ask(promql, deadline - parts_.clock.monotonic());
      if (samples) {
        std::ranges::move(*samples, std::back_inserter(to));
      } else {
        counted.error = samples.error().message;
      }
    };
    const traffic::Questions questions = traffic::questions_of(source, window);
    traffic::Answers answers;
    std::vector<SeriesSample> newest;
    take(questions.newest, newest);
    take(questions.requests, answers.requests);
    take(questions.failed, answers.failed);
    take(questions.latency, answers.latency);
    for (const std::string& bytes : questions.bytes) take(bytes, answers.bytes);
    if (!newest.empty()) counted.newest = from_unix_ms(std::llround(newest.front().sample.value * 1000));
    counted.calls = traffic::counted_calls(source, answers, names_);
    return counted;
  }

  // The worst that is not muted, of what stands in the graph for what it is about.
  Result<std::map<ResourceId, Severity>> worst() const {
    std::map<ResourceId, Severity> worst;
    const MuteList mutes = TRY(MuteList::read(catalog_, now_));
    for (const catalog::FindingHead& head : TRY(catalog_.open_finding_heads())) {
      if (mutes.of(head.id, head.rule, head.resource) != nullptr) continue;
      for (const ResourceId& id : {head.resource, names_.shown_as(head.resource)}) {
        const auto [entry, added] = worst.emplace(id, head.severity);
        if (!added) entry->second = std::max(entry->second, head.severity);
      }
    }
    return worst;
  }

  const ServiceDesk::Parts& parts_;
  const traffic::TrafficBook& book_;
  const catalog::CatalogReader& catalog_;
  traffic::Names names_;
  size_t rounds_ = 0;
  const Time now_;
};

}  // namespace

Result<traffic::ServiceGraph> ServiceDesk::graph(const ServiceGraphQuery& query, Time at) const {
  const std::shared_ptr<const traffic::TrafficBook> book = shelf_.book();
  const catalog::CatalogReader catalog = TRY(parts_.catalog.reader());
  return Round(parts_, *book, catalog, at).answer(query);
}

Result<Json> ServiceDesk::service_graph(const ServiceGraphQuery& query) const {
  const Time now = parts_.clock.now();
  return traffic::to_json(TRY(graph(query, now)), now, query.window);
}

}  // namespace capstan::loop
