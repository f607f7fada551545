#include "connect/prometheus/target.h"

#include <fmt/format.h>

namespace capstan::prometheus {
namespace {

std::string percent_encode(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.' || c == '~') {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

Labels labels_before_relabelling(const ScrapeJob& job, const std::string& address,
                                 const std::vector<Labels::Pair>& group_labels) {
  Labels labels(group_labels);
  labels.set("__address__", address);
  const auto set_default = [&](std::string_view name, std::string_view value) {
    if (!labels.has(name)) labels.set(name, value);
  };
  set_default("job", job.name);
  set_default("__scheme__", job.scheme);
  set_default("__metrics_path__", job.metrics_path);
  set_default("__scrape_interval__", format_duration(job.interval));
  set_default("__scrape_timeout__", format_duration(job.timeout));
  for (const auto& [name, values] : job.params) {
    if (!values.empty()) set_default("__param_" + name, values.front());
  }
  return labels;
}

// Relabelling may set the first value of a parameter; the job's further ones follow it.
std::string query_of(const ScrapeJob& job, const Labels& labels) {
  std::string query;
  const auto add = [&](std::string_view name, std::string_view value) {
    query += (query.empty() ? "?" : "&") + percent_encode(name) + "=" + percent_encode(value);
  };
  constexpr std::string_view kPrefix = "__param_";
  for (const auto& [name, value] : labels) {
    if (name.starts_with(kPrefix)) add(std::string_view(name).substr(kPrefix.size()), value);
  }
  for (const auto& [name, values] : job.params) {
    for (size_t i = 1; i < values.size(); ++i) add(name, values[i]);
  }
  return query;
}

}  // namespace

Duration Target::offset() const {
  const std::string text = key();
  return Duration(static_cast<int64_t>(Labels{{"key", text}}.hash() % static_cast<uint64_t>(interval.count())));
}

Result<std::optional<Target>> make_target(const std::shared_ptr<const ScrapeJob>& job, const std::string& address,
                                          const std::vector<Labels::Pair>& group_labels) {
  Labels labels = labels_before_relabelling(*job, address, group_labels);
  if (!relabel(labels, job->relabel_rules)) return std::nullopt;
  const std::string final_address(labels.get("__address__"));
  const auto bad = [&](std::string message) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("target {} of job {}: {}", address, job->name, std::move(message)));
  };
  if (final_address.empty()) return bad("relabelling leaves no address");
  if (final_address.find('@') != std::string::npos) return bad("relabelling gives an address with '@'");
  if (final_address.find('/') != std::string::npos) return bad(fmt::format("'{}' is no host:port", final_address));

  Target target;
  target.job = job;
  const Result<Duration> interval = parse_duration(labels.get("__scrape_interval__"));
  const Result<Duration> timeout = parse_duration(labels.get("__scrape_timeout__"));
  if (!interval || *interval <= Duration(0)) return bad("__scrape_interval__ is no duration above 0");
  if (!timeout || *timeout <= Duration(0) || *timeout > *interval)
    return bad("__scrape_timeout__ is not within the interval");
  target.interval = *interval;
  target.timeout = *timeout;
  std::string path(labels.get("__metrics_path__"));
  if (!path.starts_with('/')) path.insert(0, "/");
  target.url = fmt::format("{}://{}{}{}", labels.get("__scheme__"), final_address, path, query_of(*job, labels));
  if (!labels.has("instance")) labels.set("instance", final_address);
  for (const auto& [name, value] : labels) {
    if (!name.starts_with("__")) target.labels.set(name, value);
  }
  return target;
}

}  // namespace capstan::prometheus
