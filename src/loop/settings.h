// What a user may set beside rules and policies: the documents with `host`, `scrape`, `kubernetes`, `admission`,
// `notify`, `slack`, `manifests`, `services`, `exec`, `secrets`, `vault`, `retention`, `server`, `owner_labels`.
#pragma once

#include <string>
#include <vector>

#include "base/config.h"
#include "connect/exec/exec_settings.h"
#include "connect/host/host_config.h"
#include "connect/prometheus/scrape_config.h"
#include "connect/vault/vault_settings.h"
#include "foresee/admission.h"
#include "foresee/node_groups.h"
#include "loop/cluster_senses.h"
#include "loop/config_tree.h"
#include "loop/manifest_settings.h"
#include "loop/secret_settings.h"
#include "loop/service_settings.h"
#include "loop/slack_settings.h"
#include "model/finding.h"
#include "product/product_spec.h"

namespace capstan::loop {

// One entry of `notify:`.
struct NotifySettings {
  enum class Kind { kConsole, kSlackWebhook, kSlackApi, kWebhook, kMail };
  Kind kind = Kind::kConsole;
  std::string name;  // Unique; "slack", "slack-2".
  Severity least = Severity::kInfo;
  Language language = Language::kEnglish;
  Duration digest{60'000};    // A flood of messages alike becomes one after so long; 0 for never.
  std::string url_reference;  // Secret references: "env:…", "file:…".
  std::string token_reference;
  std::string key_reference;
  std::string channel;  // Slack's.
  std::string api_url;  // Slack's, for tests and proxies.
  std::string server;   // Of mails: smtp:// or smtps://.
  bool plain = false;   // Mails go without TLS: to a relay on this machine.
  std::string ca_file;  // PEM; "" for the system's authorities.
  std::string user;
  std::string from;
  std::vector<std::string> to;
  Where at;

  bool operator==(const NotifySettings&) const = default;
};

// The settings' `admission:`: where Kubernetes asks before it takes a change.
struct AdmissionSettings {
  std::string listen;              // HOST:PORT; "" for nowhere.
  std::vector<std::string> names;  // That the API server reaches it by; for a certificate that Capstan makes.
  std::string certificate_file;    // PEM; "" to make one.
  std::string key_file;
  std::string client_ca_file;  // PEM: the API server has to show a certificate of this authority; "" for any.
  foresee::AdmissionPolicy policy;
  Where at;

  // What cannot be changed while it listens.
  bool same_listener(const AdmissionSettings& other) const;
};

// What is wrong with the rules that the policy names: those that there are none of.
std::vector<Error> unknown_rules(const AdmissionSettings& settings, const std::vector<std::string_view>& known);

struct Settings {
  host::HostConfig host = host::default_host_config();
  std::vector<product::ProductSpec> products;  // That servers of the machine are recognised by.
  prometheus::ScrapeConfig scrape;
  KubernetesSettings kubernetes;
  AdmissionSettings admission;
  std::vector<NotifySettings> notify;
  SlackSettings slack;
  foresee::NodeGroupSettings node_groups;
  std::vector<ManifestSettings> manifests;
  std::vector<ServiceSettings> services;
  exec::ExecSettings exec;
  SecretSettings secrets;
  vault::VaultSettings vault;
  Duration metric_retention{15LL * 24 * 3'600'000};
  Duration log_retention{7LL * 24 * 3'600'000};
  Duration history_retention{90LL * 24 * 3'600'000};
  // The labels that say whose something is, the one that counts most first.
  std::vector<std::string> owner_labels = {"team", "owner", "app.kubernetes.io/part-of", "app.kubernetes.io/name"};
  std::string page_url;                    // Where people reach the page, when not at the listening address.
  std::vector<std::string> allowed_hosts;  // Names beside localhost that the page is reached by.
  bool secure_cookie = false;
};

struct ReadSettings {
  Settings settings;
  std::vector<Error> problems;
};

// Reads the settings of all files. A part with a mistake keeps what `before` says of it.
ReadSettings read_settings(const ConfigTree& config, const Settings& before);

}  // namespace capstan::loop
