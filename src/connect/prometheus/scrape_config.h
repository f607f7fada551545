// What is to be scraped, in Prometheus' own words (`scrape_configs`), or in two lines:
//
//   scrape:
//     targets: [ "localhost:9100" ]
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/config.h"
#include "base/http_client.h"
#include "base/time.h"
#include "connect/prometheus/relabel.h"
#include "model/labels.h"
#include "model/secret.h"

namespace capstan::prometheus {

// Addresses that share labels: an entry of static_configs, or of a discovered file.
struct TargetGroup {
  std::vector<std::string> targets;
  std::vector<Labels::Pair> labels;
};

struct ScrapeCredentials {
  std::string username;  // Basic authentication when not empty.
  Secret password;
  std::string password_file;  // Read again at every scrape.
  std::string type;           // Authorization header "<type> <credentials>" when not empty.
  Secret credentials;
  std::string credentials_file;  // Read again at every scrape.
};

struct ScrapeJob {
  std::string name;
  Duration interval{60'000};
  Duration timeout{10'000};
  std::string metrics_path = "/metrics";
  std::string scheme = "http";
  std::vector<std::pair<std::string, std::vector<std::string>>> params;
  bool honor_labels = false;
  bool honor_timestamps = true;
  bool follow_redirects = true;
  bool enable_compression = true;
  std::string proxy_url;
  std::vector<TargetGroup> groups;
  std::vector<std::string> discovery_files;  // Paths; "*" may stand in the last part.
  ScrapeCredentials credentials;
  HttpTls tls;
  std::vector<RelabelRule> relabel_rules;
  std::vector<RelabelRule> metric_relabel_rules;

  // Limits, as in Prometheus; beyond one, the scrape fails. Those Prometheus leaves open have a default here.
  size_t sample_limit =
      1'000'000;  // After metric relabelling. A million samples take about 700 MB while they are read.
  size_t label_limit = 256;
  size_t label_name_length_limit = 1024;
  size_t label_value_length_limit = 64 << 10;
  size_t body_size_limit = 64 << 20;  // Decompressed bytes.
  size_t target_limit = 100'000;

  // All but the secrets' values; equal texts mean that a reload changes nothing for the job's targets.
  std::string fingerprint() const;
};

struct ScrapeConfig {
  std::vector<ScrapeJob> jobs;
  Labels external_labels;  // What {{ $externalLabels }} shows.
};

// Reads the value of a `scrape:` key: the short form, or a map of `global` and `scrape_configs` as in prometheus.yml.
// Paths are relative to the directory of the file the node came from. Known keys of Prometheus that are not supported
// are named as such; the error is the first mistake with the count of the others.
Result<ScrapeConfig> read_scrape_config(const ConfigNode& node);

// Groups as discovery files hold them: [{targets: [...], labels: {...}}].
Result<std::vector<TargetGroup>> read_target_groups(const ConfigNode& list);

// "10MB", "512KiB", "1048576": units are powers of 1024, as in Prometheus.
Result<size_t> parse_byte_size(std::string_view text);

}  // namespace capstan::prometheus
