#include "connect/prometheus/scrape_config.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <limits>
#include <set>
#include <span>

#include "connect/prometheus/series_text.h"

namespace capstan::prometheus {
namespace {

// Keys of prometheus.yml that Capstan knows and does not serve.
constexpr auto kUnsupportedJobKeys = std::to_array<std::string_view>({"azure_sd_configs",
                                                                      "consul_sd_configs",
                                                                      "digitalocean_sd_configs",
                                                                      "dns_sd_configs",
                                                                      "docker_sd_configs",
                                                                      "dockerswarm_sd_configs",
                                                                      "ec2_sd_configs",
                                                                      "eureka_sd_configs",
                                                                      "gce_sd_configs",
                                                                      "hetzner_sd_configs",
                                                                      "http_sd_configs",
                                                                      "ionos_sd_configs",
                                                                      "kubernetes_sd_configs",
                                                                      "kuma_sd_configs",
                                                                      "lightsail_sd_configs",
                                                                      "linode_sd_configs",
                                                                      "marathon_sd_configs",
                                                                      "nerve_sd_configs",
                                                                      "nomad_sd_configs",
                                                                      "openstack_sd_configs",
                                                                      "ovhcloud_sd_configs",
                                                                      "puppetdb_sd_configs",
                                                                      "scaleway_sd_configs",
                                                                      "serverset_sd_configs",
                                                                      "triton_sd_configs",
                                                                      "uyuni_sd_configs",
                                                                      "vultr_sd_configs",
                                                                      "oauth2",
                                                                      "no_proxy",
                                                                      "proxy_from_environment",
                                                                      "proxy_connect_header",
                                                                      "enable_http2",
                                                                      "scrape_classic_histograms",
                                                                      "always_scrape_classic_histograms",
                                                                      "convert_classic_histograms_to_nhcb",
                                                                      "native_histogram_bucket_limit",
                                                                      "native_histogram_min_bucket_factor",
                                                                      "track_timestamps_staleness",
                                                                      "keep_dropped_targets",
                                                                      "scrape_protocols",
                                                                      "fallback_scrape_protocol",
                                                                      "metric_name_validation_scheme",
                                                                      "metric_name_escaping_scheme",
                                                                      "scrape_failure_log_file",
                                                                      "http_headers"});
constexpr auto kUnsupportedTopKeys = std::to_array<std::string_view>(
    {"alerting", "remote_write", "remote_read", "storage", "tracing", "scrape_config_files", "otlp", "runtime"});
constexpr auto kUnsupportedGlobalKeys = std::to_array<std::string_view>(
    {"query_log_file", "scrape_failure_log_file", "rule_query_offset", "keep_dropped_targets", "scrape_protocols",
     "scrape_native_histograms", "metric_name_validation_scheme"});

struct Defaults {
  Duration interval{60'000};
  Duration timeout{10'000};
};

void refuse_unsupported(MapReader& reader, const ConfigNode& node, std::span<const std::string_view> keys) {
  for (std::string_view key : keys) {
    if (!node.find(key)) continue;
    reader.node(key);
    for (const auto& [name, value] : node.members) {
      if (name.scalar == key)
        reader.problem(name, fmt::format("'{}' is a Prometheus setting that is not supported here", key));
    }
  }
}

std::string path_beside(const ConfigNode& node, const std::string& path) {
  if (path.empty() || path.starts_with('/')) return path;
  return (std::filesystem::path(node.where.file).parent_path() / path).string();
}

size_t limit_or(MapReader& reader, std::string_view key, size_t otherwise) {
  const int64_t value = reader.int_or(key, 0, 0, std::numeric_limits<int32_t>::max());
  return value == 0 ? otherwise : static_cast<size_t>(value);  // 0 is Prometheus' "no limit": ours holds.
}

void check_targets(MapReader& reader, const ConfigNode& at, const std::vector<std::string>& targets) {
  for (const std::string& target : targets) {
    if (target.find('@') != std::string::npos) {  // Not repeated: before the '@' may stand a password.
      reader.problem(at, "a target must not contain '@': a user and a password belong in basic_auth");
    } else if (target.empty() || target.find('/') != std::string::npos) {
      reader.problem(at, fmt::format("'{}' is no target: expected host:port without a scheme or path", target));
    }
  }
}

Result<TargetGroup> read_group(const ConfigNode& node) {
  MapReader reader(node, "a group of targets");
  TargetGroup group;
  if (!reader.node("targets") && node.is_map()) reader.problem(node, "a group of targets needs 'targets'");
  group.targets = reader.strings("targets");
  group.labels = reader.string_map("labels");
  for (const auto& [name, value] : group.labels) {
    if (!is_label_name(name)) reader.problem(reader.at("labels"), fmt::format("'{}' is no label name", name));
  }
  check_targets(reader, reader.at("targets"), group.targets);
  TRY(reader.finish());
  return group;
}

void read_basic_auth(MapReader& job, ScrapeCredentials& credentials) {
  const ConfigNode* node = job.node("basic_auth");
  if (!node) return;
  MapReader reader(*node, "basic_auth");
  credentials.username = reader.required_string("username");
  credentials.password = Secret(reader.string_or("password", ""));
  credentials.password_file = path_beside(*node, reader.string_or("password_file", ""));
  if (!credentials.password.empty() && !credentials.password_file.empty()) {
    reader.problem(*node, "give 'password' or 'password_file', not both");
  }
  job.absorb(reader.finish());
}

void read_authorization(MapReader& job, const ConfigNode& at, ScrapeCredentials& credentials) {
  if (const ConfigNode* node = job.node("authorization")) {
    MapReader reader(*node, "authorization");
    credentials.type = reader.string_or("type", "Bearer");
    credentials.credentials = Secret(reader.string_or("credentials", ""));
    credentials.credentials_file = path_beside(*node, reader.string_or("credentials_file", ""));
    if (credentials.credentials.empty() == credentials.credentials_file.empty()) {
      reader.problem(*node, "give either 'credentials' or 'credentials_file'");
    }
    job.absorb(reader.finish());
  }
  const std::string token = job.string_or("bearer_token", "");
  const std::string token_file = path_beside(at, job.string_or("bearer_token_file", ""));
  if (!token.empty() || !token_file.empty()) {
    if (!credentials.type.empty()) job.problem(at, "give 'authorization' or 'bearer_token', not both");
    credentials.type = "Bearer";
    credentials.credentials = Secret(token);
    credentials.credentials_file = token_file;
  }
  if (!credentials.type.empty() && !credentials.username.empty()) {
    job.problem(at, "give 'basic_auth' or 'authorization', not both");
  }
}

void read_tls(MapReader& job, HttpTls& tls) {
  const ConfigNode* node = job.node("tls_config");
  if (!node) return;
  MapReader reader(*node, "tls_config");
  tls.ca_file = path_beside(*node, reader.string_or("ca_file", ""));
  tls.certificate_file = path_beside(*node, reader.string_or("cert_file", ""));
  tls.key_file = path_beside(*node, reader.string_or("key_file", ""));
  tls.server_name = reader.string_or("server_name", "");
  tls.verify = !reader.bool_or("insecure_skip_verify", false);
  refuse_unsupported(reader, *node,
                     std::to_array<std::string_view>({"min_version", "max_version", "ca", "cert", "key"}));
  job.absorb(reader.finish());
}

void read_params(MapReader& job, ScrapeJob& out) {
  const ConfigNode* node = job.node("params");
  if (!node) return;
  MapReader reader(*node, "params");
  for (const auto& [name, value] : node->members) out.params.emplace_back(name.scalar, reader.strings(name.scalar));
  job.absorb(reader.finish());
}

void read_targets(MapReader& job, ScrapeJob& out) {
  if (const ConfigNode* list = job.node("static_configs")) {
    const auto groups = read_target_groups(*list);
    if (job.absorb(groups)) out.groups.insert(out.groups.end(), groups->begin(), groups->end());
  }
  const ConfigNode* discoveries = job.node("file_sd_configs");
  if (!discoveries) return;
  if (!discoveries->is_sequence()) job.problem(*discoveries, "'file_sd_configs' must be a list");
  for (const ConfigNode& item : discoveries->items) {
    MapReader reader(item, "file_sd_configs");
    reader.duration_or("refresh_interval", Duration(0));  // Files are read when they change, which is sooner.
    if (!reader.node("files") && item.is_map()) reader.problem(item, "file_sd_configs needs 'files'");
    for (const std::string& file : reader.strings("files")) {
      if (!file.ends_with(".json") && !file.ends_with(".yml") && !file.ends_with(".yaml")) {
        reader.problem(item, fmt::format("'{}': a discovery file must end with .json, .yml or .yaml", file));
      }
      out.discovery_files.push_back(path_beside(item, file));
    }
    job.absorb(reader.finish());
  }
}

void read_rules(MapReader& job, std::string_view key, std::vector<RelabelRule>& rules) {
  const ConfigNode* list = job.node(key);
  if (!list) return;
  auto read = read_relabel_rules(*list, key);
  if (job.absorb(read)) rules = std::move(*read);
}

void read_timing(MapReader& reader, const ConfigNode& node, const Defaults& defaults, ScrapeJob& job) {
  job.interval = reader.duration_or("scrape_interval", defaults.interval);
  // A timeout nobody wrote must not forbid an interval somebody did.
  job.timeout = reader.duration_or("scrape_timeout", std::min(defaults.timeout, job.interval));
  if (job.interval <= Duration(0)) reader.problem(node, "'scrape_interval' must be above 0");
  if (job.timeout <= Duration(0)) reader.problem(node, "'scrape_timeout' must be above 0");
  if (job.timeout > job.interval) {
    reader.problem(node, fmt::format("'scrape_timeout' ({}) must not exceed 'scrape_interval' ({})",
                                     format_duration(job.timeout), format_duration(job.interval)));
  }
}

// The keys that the short form and scrape_configs share. The caller has read the name.
void read_job_keys(MapReader& reader, const ConfigNode& node, const Defaults& defaults, ScrapeJob& job) {
  read_timing(reader, node, defaults, job);
  job.metrics_path = reader.string_or("metrics_path", job.metrics_path);
  job.scheme = reader.one_of("scheme", {"http", "https"}, "http");
  read_params(reader, job);
  job.honor_labels = reader.bool_or("honor_labels", job.honor_labels);
  job.honor_timestamps = reader.bool_or("honor_timestamps", job.honor_timestamps);
  job.follow_redirects = reader.bool_or("follow_redirects", job.follow_redirects);
  job.enable_compression = reader.bool_or("enable_compression", job.enable_compression);
  job.proxy_url = reader.string_or("proxy_url", "");
  read_targets(reader, job);
  read_basic_auth(reader, job.credentials);
  read_authorization(reader, node, job.credentials);
  read_tls(reader, job.tls);
  read_rules(reader, "relabel_configs", job.relabel_rules);
  read_rules(reader, "metric_relabel_configs", job.metric_relabel_rules);
  job.sample_limit = limit_or(reader, "sample_limit", job.sample_limit);
  job.label_limit = limit_or(reader, "label_limit", job.label_limit);
  job.label_name_length_limit = limit_or(reader, "label_name_length_limit", job.label_name_length_limit);
  job.label_value_length_limit = limit_or(reader, "label_value_length_limit", job.label_value_length_limit);
  job.target_limit = limit_or(reader, "target_limit", job.target_limit);
  if (const ConfigNode* limit = reader.node("body_size_limit")) {
    const Result<size_t> bytes = parse_byte_size(limit->scalar);
    if (!bytes) reader.problem(*limit, "'body_size_limit': " + bytes.error().message);
    if (bytes && *bytes > 0) job.body_size_limit = *bytes;
  }
  refuse_unsupported(reader, node, kUnsupportedJobKeys);
}

Result<ScrapeJob> read_job(const ConfigNode& node, const Defaults& defaults) {
  MapReader reader(node, "a scrape config");
  ScrapeJob job;
  job.name = reader.required_string("job_name");
  read_job_keys(reader, node, defaults, job);
  TRY(reader.finish());
  return job;
}

// The short form: targets and labels stand beside the settings.
Result<ScrapeConfig> read_short_form(const ConfigNode& node) {
  MapReader reader(node, "scrape");
  ScrapeJob job;
  job.name = reader.string_or("job_name", "scrape");
  TargetGroup group;
  group.targets = reader.strings("targets");
  group.labels = reader.string_map("labels");
  Defaults defaults;
  defaults.interval = Duration(15'000);  // Watching is the purpose here; a minute would be late.
  read_job_keys(reader, node, defaults, job);
  check_targets(reader, reader.at("targets"), group.targets);
  if (!group.targets.empty()) job.groups.push_back(std::move(group));
  TRY(reader.finish());
  ScrapeConfig config;
  config.jobs.push_back(std::move(job));
  return config;
}

void read_global(MapReader& top, Defaults& defaults, ScrapeConfig& config) {
  const ConfigNode* node = top.node("global");
  if (!node) return;
  MapReader reader(*node, "global");
  defaults.interval = reader.duration_or("scrape_interval", defaults.interval);
  defaults.timeout = reader.duration_or("scrape_timeout", std::min(defaults.timeout, defaults.interval));
  reader.duration_or("evaluation_interval", Duration(0));
  config.external_labels = Labels(reader.string_map("external_labels"));
  refuse_unsupported(reader, *node, kUnsupportedGlobalKeys);
  top.absorb(reader.finish());
}

}  // namespace

Result<std::vector<TargetGroup>> read_target_groups(const ConfigNode& list) {
  if (!list.is_sequence()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("expected a list of target groups, found {}", list.describe()),
                list.where);
  }
  std::vector<TargetGroup> groups;
  for (const ConfigNode& item : list.items) groups.push_back(TRY(read_group(item)));
  return groups;
}

Result<ScrapeConfig> read_scrape_config(const ConfigNode& node) {
  if (!node.find("scrape_configs") && !node.find("global")) return read_short_form(node);
  MapReader reader(node, "scrape");
  ScrapeConfig config;
  Defaults defaults;
  read_global(reader, defaults, config);
  std::set<std::string> names;
  if (const ConfigNode* list = reader.required_node("scrape_configs", ConfigNode::Kind::kSequence)) {
    for (const ConfigNode& item : list->items) {
      Result<ScrapeJob> job = read_job(item, defaults);
      if (!reader.absorb(job)) continue;
      if (!names.insert(job->name).second) {
        reader.problem(item, fmt::format("the job_name '{}' appears twice", job->name));
      }
      config.jobs.push_back(std::move(*job));
    }
  }
  reader.node("rule_files");  // Rule files are found by Capstan's own settings; the key may stay in a copied file.
  refuse_unsupported(reader, node, kUnsupportedTopKeys);
  TRY(reader.finish());
  return config;
}

Result<size_t> parse_byte_size(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  constexpr auto kUnits = std::to_array<std::pair<std::string_view, double>>({{"", 1},
                                                                              {"B", 1},
                                                                              {"KB", 0x1p10},
                                                                              {"KiB", 0x1p10},
                                                                              {"MB", 0x1p20},
                                                                              {"MiB", 0x1p20},
                                                                              {"GB", 0x1p30},
                                                                              {"GiB", 0x1p30}});
  if (error == std::errc() && number >= 0) {
    for (const auto& [name, factor] : kUnits) {
      if (name == unit && number * factor <= 0x1p40) return static_cast<size_t>(number * factor);
    }
  }
  return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no size: expected a form such as 10MB", text));
}

std::string ScrapeJob::fingerprint() const {
  std::string text = fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", name, honor_labels, honor_timestamps,
                                 follow_redirects, enable_compression, proxy_url, sample_limit, label_limit,
                                 label_name_length_limit, label_value_length_limit, body_size_limit, tls.verify,
                                 tls.ca_file, tls.certificate_file, tls.server_name);
  for (const RelabelRule& rule : metric_relabel_rules) text += "|" + rule.to_string();
  return text;
}

}  // namespace capstan::prometheus
