#include "traffic/traffic_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/config.h"
#include "base/suggest.h"
#include "telemetry/promql/parser.h"

namespace capstan::traffic {
namespace {

constexpr size_t kMostDocuments = 100;
constexpr size_t kMostItems = 20;  // Of any list in a document.
constexpr size_t kLongestName = 200;

bool is_name(std::string_view text, bool colon_too) {
  if (text.empty() || text.size() > kLongestName || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (c == ':' && colon_too);
  });
}

// Reads the parts of one document; every mistake is told where it stands.
class DocumentReader {
 public:
  DocumentReader(std::span<const KindSpec> kinds, const SqlSource* sql, std::vector<Error>& problems)
      : kinds_(kinds), sql_(sql), problems_(problems) {}

  Source source(const ConfigNode& document) {
    MapReader reader(document, "a source of traffic");
    Source source{.name = reader.required_string("traffic"), .where = document.where};
    (void)reader.string_or("help", "");
    source.caller = end(reader, "caller");
    source.callee = end(reader, "callee");
    source.unknown = few(reader, "unknown");
    for (Condition& condition : conditions(reader, "only"))
      std::ranges::move(condition, std::back_inserter(source.only));
    read_once(reader, source);
    read_protocol(reader, source);
    source.requests = metric(reader, "requests", reader.string_or("requests", ""));
    source.failed = conditions(reader, "failed");
    source.failed_requests = metric(reader, "failed_requests", reader.string_or("failed_requests", ""));
    read_latency(reader, source);
    for (const std::string& name : few(reader, "bytes")) source.bytes.push_back(metric(reader, "bytes", name));
    if (source.requests.empty() && source.bytes.empty()) {
      reader.problem(document, "a source of traffic needs 'requests' or 'bytes', the names of counters");
    }
    if (!source.failed.empty() && !source.failed_requests.empty()) {
      reader.problem(reader.at("failed_requests"), "either 'failed' or 'failed_requests' says which requests failed");
    }
    take_problems(reader);
    return source;
  }

  CatalogSource catalog(const ConfigNode& document) {
    MapReader reader(document, "calls that the catalog knows");
    CatalogSource source{.name = reader.required_string("traffic"), .where = document.where};
    (void)reader.string_or("help", "");
    source.calls = reader.string_or("calls", "");
    if (!source.calls.empty()) check(reader, "calls", "caller, callee", source.calls);
    source.stands_for = few(reader, "stands_for");
    for (const std::string& text : source.stands_for) check(reader, "stands_for", "id, service", text);
    take_problems(reader);
    return source;
  }

 private:
  void take_problems(MapReader& reader) {
    for (Error& problem : reader.problems()) problems_.push_back(std::move(problem));
  }

  static std::vector<std::string> few(MapReader& reader, std::string_view key) {
    std::vector<std::string> found = reader.strings(key);
    if (found.size() > kMostItems) {
      reader.problem(reader.at(key),
                     fmt::format("'{}' has {} items; at most {} are taken", key, found.size(), kMostItems));
      found.resize(kMostItems);
    }
    return found;
  }

  static std::string label(MapReader& reader, std::string_view key, std::string text) {
    if (!text.empty() && !is_name(text, false)) {
      reader.problem(reader.at(key), fmt::format("'{}' is no name of a label", text));
    }
    return text;
  }

  static std::string metric(MapReader& reader, std::string_view key, std::string text) {
    if (!text.empty() && !is_name(text, true)) {
      reader.problem(reader.at(key), fmt::format("'{}' is no name of a metric", text));
    }
    return text;
  }

  // "pod" stands for all kinds with such a place.
  std::vector<std::string> kinds_named(MapReader& reader) {
    std::vector<std::string> found;
    for (const std::string& name : few(reader, "kinds")) {
      const size_t before = found.size();
      std::vector<std::string_view> known;
      for (const KindSpec& kind : kinds_) {
        if (kind.is_part()) continue;
        known.push_back(kind.name);
        if (kind.name == name || kind.places.contains(name)) found.push_back(kind.name);
      }
      if (found.size() == before) {
        reader.problem(reader.at("kinds"), fmt::format("no kind '{}'{}", name, did_you_mean(name, known)));
      }
    }
    return found;
  }

  End end(MapReader& reader, std::string_view key) {
    End found;
    const ConfigNode* node = reader.required_node(key, ConfigNode::Kind::kMap);
    if (node == nullptr) return found;
    MapReader inner(*node, fmt::format("the {}", key));
    for (const std::string& name : few(inner, "cluster")) found.clusters.push_back(label(inner, "cluster", name));
    if (const ConfigNode* names = inner.required_node("names", ConfigNode::Kind::kSequence)) {
      if (names->items.empty() || names->items.size() > kMostItems) {
        inner.problem(*names, fmt::format("expected 1 to {} ways to name the {}", kMostItems, key));
      }
      for (const ConfigNode& item : names->items) {
        MapReader way(item, "a way to name somebody");
        Naming naming;
        naming.label = label(way, "label", way.required_string("label"));
        naming.space = label(way, "namespace", way.string_or("namespace", ""));
        naming.kinds = kinds_named(way);
        take_problems(way);
        found.names.push_back(std::move(naming));
      }
    }
    take_problems(inner);
    return found;
  }

  // Each as PromQL writes it between braces.
  static std::vector<Condition> conditions(MapReader& reader, std::string_view key) {
    std::vector<Condition> found;
    for (const std::string& text : few(reader, key)) {
      auto matchers = telemetry::promql::parse_series_selector("x{" + text + "}");
      if (!matchers) {
        reader.problem(reader.at(key), fmt::format("'{}' is no condition on labels, such as code=~\"5..\": {}", text,
                                                   matchers.error().message));
        continue;
      }
      std::erase_if(*matchers, [](const telemetry::Matcher& one) { return one.name() == "__name__"; });
      if (!matchers->empty()) found.push_back(std::move(*matchers));
    }
    return found;
  }

  void read_once(MapReader& reader, Source& source) {
    const ConfigNode* node = reader.node("once");
    if (node == nullptr) return;
    MapReader inner(*node, "'once'");
    source.once = label(inner, "label", inner.required_string("label"));
    source.prefer = few(inner, "prefer");
    if (source.prefer.empty()) inner.problem(*node, "'prefer' is missing: the values of the label, the best first");
    take_problems(inner);
  }

  void read_protocol(MapReader& reader, Source& source) {
    const ConfigNode* node = reader.node("protocol");
    if (node == nullptr) return;
    MapReader inner(*node, "'protocol'");
    source.protocol_label = label(inner, "label", inner.string_or("label", ""));
    source.protocol = inner.one_of("is", {"http", "grpc", "tcp", ""}, "");
    take_problems(inner);
  }

  void read_latency(MapReader& reader, Source& source) {
    const ConfigNode* node = reader.node("latency");
    if (node == nullptr) return;
    MapReader inner(*node, "'latency'");
    source.histogram = metric(inner, "histogram", inner.required_string("histogram"));
    const std::string unit = inner.one_of("unit", {"seconds", "milliseconds", "microseconds"}, "seconds");
    source.seconds_per_unit = unit == "seconds" ? 1 : unit == "milliseconds" ? 1e-3 : 1e-6;
    take_problems(inner);
  }

  void check(MapReader& reader, std::string_view key, std::string_view columns, const std::string& text) {
    if (sql_ == nullptr) return;
    const Status checked = sql_->check(fmt::format("SELECT {} FROM (\n{}\n)", columns, text));
    if (checked) return;
    reader.problem({checked.error().code,
                    fmt::format("in the SQL, which must give {}: {}", columns, checked.error().message),
                    reader.at(key).where});
  }

  std::span<const KindSpec> kinds_;
  const SqlSource* sql_;
  std::vector<Error>& problems_;
};

template <class T>
void put(std::vector<T>& all, T one) {
  const auto known = std::ranges::find(all, one.name, &T::name);
  if (known != all.end()) {
    *known = std::move(one);
  } else {
    all.push_back(std::move(one));
  }
}

}  // namespace

ReadTraffic read_traffic(std::span<const TrafficText> files, std::span<const KindSpec> kinds, const SqlSource* sql) {
  ReadTraffic read;
  for (const TrafficText& file : files) {
    const Result<std::vector<ConfigNode>> documents = parse_yaml(file.text, file.path);
    if (!documents) {
      read.problems.push_back(documents.error());
      continue;
    }
    TrafficBook book = read.book;
    std::vector<Error> problems;
    DocumentReader reader(kinds, sql, problems);
    for (const ConfigNode& document : *documents) {
      if (!document.is_map() || document.find("traffic") == nullptr) continue;
      if (document.find("calls") != nullptr || document.find("stands_for") != nullptr) {
        put(book.catalog, reader.catalog(document));
      } else {
        put(book.sources, reader.source(document));
      }
      if (book.sources.size() + book.catalog.size() > kMostDocuments) {
        problems.push_back({ErrorCode::kResourceExhausted,
                            fmt::format("more than {} sources of traffic", kMostDocuments), document.where});
        break;
      }
    }
    if (problems.empty()) read.book = std::move(book);
    std::ranges::move(problems, std::back_inserter(read.problems));
  }
  return read;
}

}  // namespace capstan::traffic
