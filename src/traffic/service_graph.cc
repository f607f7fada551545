#include "traffic/service_graph.h"

#include <algorithm>
#include <tuple>

namespace capstan::traffic {
namespace {

void fill(std::optional<double>& number, const std::optional<double>& other) {
  if (!number) number = other;
}

void fill(Numbers& numbers, const Numbers& others) {
  // A share of failures is of the requests it was counted with.
  if (!numbers.requests_per_second) {
    numbers.requests_per_second = others.requests_per_second;
    numbers.failed_per_second = others.failed_per_second;
  }
  if (!numbers.p50_seconds) {
    numbers.p50_seconds = others.p50_seconds;
    numbers.p95_seconds = others.p95_seconds;
    numbers.p99_seconds = others.p99_seconds;
  }
  fill(numbers.bytes_per_second, others.bytes_per_second);
}

void add(std::optional<double>& sum, const std::optional<double>& number) {
  if (number) sum = sum.value_or(0) + *number;
}

// Calls by their ends and then their protocol.
class Merging {
 public:
  using Ends = std::pair<ResourceId, ResourceId>;
  using Protocols = std::map<std::string, GraphCall>;

  void take(const SourceCalls& source) {
    for (const CountedCall& call : source.calls) {
      services_.try_emplace(call.from.id, GraphService{.service = call.from});
      services_.try_emplace(call.to.id, GraphService{.service = call.to});
      GraphCall& merged = calls_[{call.from.id, call.to.id}][call.protocol];
      merged.protocol = call.protocol;
      fill(merged.numbers, call.numbers);
      if (merged.known_by.empty() || merged.known_by.back() != source.name) merged.known_by.push_back(source.name);
    }
  }

  // A call of which nobody said the protocol is that of which somebody did.
  void join_protocols(const std::vector<SourceCalls>& sources) {
    for (auto& [ends, protocols] : calls_) {
      const auto unsaid = protocols.find("");
      if (unsaid != protocols.end() && protocols.size() > 1) {
        const GraphCall same = std::move(unsaid->second);
        protocols.erase(unsaid);
        if (protocols.size() == 1) fill(protocols.begin()->second.numbers, same.numbers);
        for (auto& [protocol, call] : protocols) join_names(call.known_by, same.known_by, sources);
      }
    }
  }

  void sum_up() {
    for (const auto& [ends, protocols] : calls_) {
      for (const auto& [protocol, call] : protocols) {
        add(services_.at(ends.second).requests_per_second, call.numbers.requests_per_second);
        add(services_.at(ends.second).failed_per_second, call.numbers.failed_per_second);
      }
    }
  }

  bool lies_there(const ResourceId& id, const GraphQuery& query) const {
    const ObjectPlace& place = services_.at(id).service.place;
    return (query.cluster.empty() || place.cluster == query.cluster) &&
           (query.space.empty() || place.space == query.space);
  }

  std::vector<GraphCall> calls(const GraphQuery& query) const {
    std::vector<GraphCall> wanted;
    for (const auto& [ends, protocols] : calls_) {
      if (!lies_there(ends.first, query) && !lies_there(ends.second, query)) continue;
      for (const auto& [protocol, call] : protocols) {
        wanted.push_back(call);
        wanted.back().from = ends.first;
        wanted.back().to = ends.second;
      }
    }
    return wanted;
  }

  const GraphService& service(const ResourceId& id) const { return services_.at(id); }

 private:
  static void join_names(std::vector<std::string>& names, const std::vector<std::string>& others,
                         const std::vector<SourceCalls>& sources) {
    std::vector<std::string> joined;
    for (const SourceCalls& source : sources) {
      const auto has = [&](const std::vector<std::string>& list) {
        return std::ranges::find(list, source.name) != list.end();
      };
      if (has(names) || has(others)) joined.push_back(source.name);
    }
    names = std::move(joined);
  }

  std::map<Ends, Protocols> calls_;
  std::map<ResourceId, GraphService> services_;
};

// Keeps those with the most traffic.
size_t limit_calls(std::vector<GraphCall>& calls, size_t limit) {
  if (calls.size() <= limit) return 0;
  const auto by_traffic = [](const GraphCall& call) {
    return std::pair(call.numbers.requests_per_second.value_or(-1), call.numbers.bytes_per_second.value_or(-1));
  };
  std::ranges::stable_sort(calls, std::greater(), by_traffic);
  const size_t left_out = calls.size() - limit;
  calls.resize(limit);
  std::ranges::sort(calls, {}, [](const GraphCall& call) { return std::tie(call.from, call.to, call.protocol); });
  return left_out;
}

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

Json service_json(const GraphService& one) {
  const Service& service = one.service;
  return Json::object({{"id", service.id},
                       {"cluster", service.place.cluster},
                       {"namespace", service.place.space},
                       {"name", service.place.name},
                       {"kind", service.kind},
                       {"known", service.known},
                       {"requests_per_second", number(one.requests_per_second)},
                       {"error_ratio", number(error_ratio(one.failed_per_second, one.requests_per_second))},
                       {"worst", one.worst ? to_string(*one.worst) : std::string_view()}});
}

Json call_json(const GraphCall& call) {
  Json known_by = Json::array();
  for (const std::string& name : call.known_by) known_by.push_back(name);
  const Numbers& numbers = call.numbers;
  return Json::object({{"from", call.from},
                       {"to", call.to},
                       {"protocol", call.protocol},
                       {"known_by", std::move(known_by)},
                       {"requests_per_second", number(numbers.requests_per_second)},
                       {"error_ratio", number(error_ratio(numbers.failed_per_second, numbers.requests_per_second))},
                       {"p50_seconds", number(numbers.p50_seconds)},
                       {"p95_seconds", number(numbers.p95_seconds)},
                       {"p99_seconds", number(numbers.p99_seconds)},
                       {"bytes_per_second", number(numbers.bytes_per_second)}});
}

}  // namespace

ServiceGraph make_graph(const std::vector<SourceCalls>& sources, const std::map<ResourceId, Severity>& worst,
                        const GraphQuery& query) {
  Merging merging;
  for (const SourceCalls& source : sources) merging.take(source);
  merging.join_protocols(sources);
  merging.sum_up();
  ServiceGraph graph;
  graph.calls = merging.calls(query);
  graph.left_out = limit_calls(graph.calls, query.limit);
  std::set<ResourceId> ends;
  std::map<std::string, size_t> known;
  for (const GraphCall& call : graph.calls) {
    ends.insert({call.from, call.to});
    for (const std::string& name : call.known_by) ++known[name];
  }
  for (const ResourceId& id : ends) {
    graph.services.push_back(merging.service(id));
    if (const auto severity = worst.find(id); severity != worst.end()) graph.services.back().worst = severity->second;
  }
  for (const SourceCalls& source : sources) {
    graph.sources.push_back({source.name, known[source.name], source.newest, source.error});
  }
  return graph;
}

std::optional<double> error_ratio(const std::optional<double>& failed, const std::optional<double>& requests) {
  return failed && requests && *requests > 0 ? std::optional(*failed / *requests) : std::nullopt;
}

Json to_json(const ServiceGraph& graph, Time at, Duration window) {
  Json services = Json::array();
  for (const GraphService& service : graph.services) services.push_back(service_json(service));
  Json calls = Json::array();
  for (const GraphCall& call : graph.calls) calls.push_back(call_json(call));
  Json sources = Json::array();
  for (const SourceShare& source : graph.sources) {
    sources.push_back(Json::object({{"name", source.name},
                                    {"calls", uint64_t{source.calls}},
                                    {"newest", source.newest ? Json(format_time(*source.newest)) : Json()},
                                    {"error", source.error}}));
  }
  return Json::object({{"at", format_time(at)},
                       {"window_seconds", window / std::chrono::seconds(1)},
                       {"services", std::move(services)},
                       {"calls", std::move(calls)},
                       {"sources", std::move(sources)},
                       {"left_out", uint64_t{graph.left_out}}});
}

}  // namespace capstan::traffic
