#include "loop/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/suggest.h"
#include "connect/kubernetes/verbs/cluster_verbs.h"
#include "connect/mail/compose_mail.h"

namespace capstan::loop {
namespace {

constexpr Duration kLongestDigest = std::chrono::hours(1);

// A secret must be referred to, so that it is in no file that people share.
void need_reference(MapReader& reader, const ConfigNode* node, std::string_view key, const std::string& value) {
  if (value.empty() || is_secret_reference(value)) return;
  if (node && node->find(key)) {
    reader.problem(*node->find(key),
                   fmt::format("'{}' must refer to a secret: env:NAME, file:/path or secret:PATH#FIELD", key));
  }
}

std::string required_reference(MapReader& reader, const ConfigNode& node, std::string_view key) {
  std::string value = reader.required_string(key);
  need_reference(reader, &node, key, value);
  return value;
}

Result<NotifySettings> read_slack(const ConfigNode& node) {
  NotifySettings settings{.name = "slack", .at = node.where};
  MapReader reader(node, "slack");
  if (reader.has("webhook")) {
    settings.kind = NotifySettings::Kind::kSlackWebhook;
    settings.url_reference = required_reference(reader, node, "webhook");
  } else {
    settings.kind = NotifySettings::Kind::kSlackApi;
    settings.token_reference = reader.string_or("token", "");  // "": the bot_token of `slack:`.
    need_reference(reader, &node, "token", settings.token_reference);
    settings.channel = reader.required_string("channel");
    settings.api_url = reader.string_or("api_url", "https://slack.com/api");
  }
  TRY(reader.finish());
  return settings;
}

Result<NotifySettings> read_webhook(const ConfigNode& node) {
  NotifySettings settings{.kind = NotifySettings::Kind::kWebhook, .name = "webhook", .at = node.where};
  MapReader reader(node, "webhook");
  // A URL often carries a secret; one without may be written as it is.
  settings.url_reference = reader.required_string("url");
  settings.key_reference = reader.string_or("key", "");
  need_reference(reader, &node, "key", settings.key_reference);
  TRY(reader.finish());
  return settings;
}

void check_address(MapReader& reader, const ConfigNode& node, std::string_view key, const std::string& address) {
  if (const auto known = mail::address_of(address); !known)
    reader.problem(node, fmt::format("'{}': {}", key, known.error().message));
}

Result<NotifySettings> read_mail(const ConfigNode& node) {
  NotifySettings settings{.kind = NotifySettings::Kind::kMail, .name = "mail", .at = node.where};
  MapReader reader(node, "mail");
  settings.server = reader.required_string("server");
  settings.plain = reader.one_of("tls", {"required", "none"}, "required") == "none";
  settings.ca_file = reader.string_or("ca_file", "");
  settings.user = reader.string_or("user", "");
  settings.token_reference = reader.string_or("password", "");
  need_reference(reader, &node, "password", settings.token_reference);
  settings.from = reader.required_string("from");
  settings.to = reader.strings("to");
  const bool is_smtp = settings.server.starts_with("smtp://") || settings.server.starts_with("smtps://");
  if (!settings.server.empty() && !is_smtp) {
    reader.problem(node, "'server' must be smtp://HOST:PORT (STARTTLS) or smtps://HOST:PORT");
  }
  if (settings.server.find('@') != std::string::npos)
    reader.problem(node, "'server' takes no login: write 'user' and 'password'");
  if (!settings.from.empty()) check_address(reader, node, "from", settings.from);
  if (settings.to.empty()) reader.problem(node, "'to' needs at least one address");
  for (const std::string& address : settings.to) check_address(reader, node, "to", address);
  if (settings.user.empty() != settings.token_reference.empty())
    reader.problem(node, "'user' and 'password' belong together");
  if (settings.plain && !settings.user.empty())
    reader.problem(node, "a password is not sent without TLS: leave out 'tls: none', or 'user'");
  TRY(reader.finish());
  return settings;
}

Result<NotifySettings> read_entry(const ConfigNode& node) {
  MapReader reader(node, "an entry of notify");
  NotifySettings settings;
  int ways = 0;
  const auto take = [&](const ConfigNode* way, auto read) {
    if (!way) return;
    ++ways;
    Result<NotifySettings> one = read(*way);
    if (reader.absorb(one)) settings = std::move(*one);
  };
  take(reader.node("slack"), read_slack);
  take(reader.node("webhook"), read_webhook);
  take(reader.node("mail"), read_mail);
  if (reader.bool_or("console", false)) {
    ++ways;
    settings.name = "console";
  }
  if (ways != 1) reader.problem(node, "an entry of notify needs one of slack, mail, webhook, console");
  const std::string name = reader.string_or("name", "");
  if (!name.empty()) settings.name = name;
  const std::string severity = reader.string_or("severity", "info");
  if (const auto least = parse_severity(severity)) {
    settings.least = *least;
  } else {
    reader.problem(reader.at("severity"),
                   fmt::format("'severity' must be one of info, low, medium, high, critical, found '{}'", severity));
  }
  settings.language = read_language(reader);
  // Programs count for themselves.
  const Duration otherwise = settings.kind == NotifySettings::Kind::kWebhook ? Duration(0) : settings.digest;
  settings.digest = reader.duration_or("digest", otherwise);
  if (settings.digest > kLongestDigest) reader.problem(reader.at("digest"), "'digest' is at most 1h");
  settings.at = node.where;
  TRY(reader.finish());
  return settings;
}

std::set<std::string, std::less<>> read_allowed(MapReader& reader) {
  std::vector<std::string_view> verbs;
  for (const kubernetes::VerbRights& rights : kubernetes::verb_rights()) verbs.push_back(rights.verb);
  std::set<std::string, std::less<>> allowed;
  for (std::string& verb : reader.strings("allow")) {
    if (std::ranges::find(verbs, verb) == verbs.end()) {
      reader.problem(reader.at("allow"), fmt::format("'allow' has '{}'{}; there are {}", verb,
                                                     did_you_mean(verb, verbs), fmt::join(verbs, ", ")));
    }
    allowed.insert(std::move(verb));
  }
  return allowed;
}

Result<KubernetesSettings> read_kubernetes(const ConfigNode& node) {
  KubernetesSettings settings{.enabled = true, .kubeconfig = {}, .contexts = {}, .at = node.where};
  if (node.is_null()) return settings;  // "kubernetes:" alone: as kubectl would.
  MapReader reader(node, "kubernetes");
  settings.kubeconfig = reader.strings("kubeconfig");
  settings.contexts = reader.strings("contexts");
  settings.in_cluster = reader.bool_or("in_cluster", false);
  settings.allow = read_allowed(reader);
  TRY(reader.finish());
  return settings;
}

std::set<std::string> set_of(std::vector<std::string> texts) {
  return {std::make_move_iterator(texts.begin()), std::make_move_iterator(texts.end())};
}

std::optional<Severity> severity_of(MapReader& reader, std::string_view key, std::optional<Severity> otherwise) {
  const std::string text = reader.string_or(key, "");
  if (text.empty()) return otherwise;
  const std::optional<Severity> severity = parse_severity(text);
  if (!severity) {
    reader.problem(reader.at(key),
                   fmt::format("'{}' must be one of info, low, medium, high, critical, found '{}'", key, text));
  }
  return severity;
}

Result<AdmissionSettings> read_admission(const ConfigNode& node) {
  AdmissionSettings settings;
  settings.at = node.where;
  MapReader reader(node, "admission");
  settings.listen = reader.required_string("listen");
  settings.names = reader.strings("names");
  settings.certificate_file = reader.string_or("certificate", "");
  settings.key_file = reader.string_or("key", "");
  settings.client_ca_file = reader.string_or("client_ca", "");
  if (settings.certificate_file.empty() != settings.key_file.empty()) {
    reader.problem(node, "'certificate' and 'key' belong together");
  }
  foresee::AdmissionPolicy& policy = settings.policy;
  policy.deny = set_of(reader.strings("deny"));
  policy.warn = set_of(reader.strings("warn"));
  policy.ignore = set_of(reader.strings("ignore"));
  policy.deny_from = severity_of(reader, "deny_from", std::nullopt);
  policy.warn_from = severity_of(reader, "warn_from", policy.warn_from).value_or(policy.warn_from);
  policy.exempt_namespaces = set_of(reader.strings("exempt_namespaces"));
  TRY(reader.finish());
  return settings;
}

Result<std::vector<NotifySettings>> read_notify(const ConfigNode& node) {
  if (!node.is_sequence()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'notify' must be a list, found {}", node.describe()),
                node.where);
  }
  std::vector<NotifySettings> all;
  std::set<std::string> names;
  for (const ConfigNode& entry : node.items) {
    NotifySettings settings = TRY(read_entry(entry));
    const std::string base = settings.name;
    for (int i = 2; !names.insert(settings.name).second; ++i) settings.name = fmt::format("{}-{}", base, i);
    all.push_back(std::move(settings));
  }
  return all;
}

Result<std::vector<std::string>> read_owner_labels(const ConfigNode& node) {
  const auto is_name = [](const ConfigNode& item) { return item.is_scalar() && !item.scalar.empty(); };
  if (!node.is_sequence() || !std::ranges::all_of(node.items, is_name)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'owner_labels' must be a list of names of labels, found {}", node.describe()), node.where);
  }
  std::vector<std::string> names;
  for (const ConfigNode& item : node.items) names.push_back(item.scalar);
  return names;
}

class SettingsReader {
 public:
  SettingsReader(const Settings& before, ReadSettings& out) : before_(before), out_(out) {}

  void read(const ConfigNode& document) {
    MapReader reader(document, "the settings");
    Settings& settings = out_.settings;
    if (const ConfigNode* node = reader.node("host"))
      take("host", *node, host::parse_host_config(*node), settings.host, before_.host);
    read_scrape(reader, document);
    if (const ConfigNode* node = reader.node("kubernetes"))
      take("kubernetes", *node, read_kubernetes(*node), settings.kubernetes, before_.kubernetes);
    if (const ConfigNode* node = reader.node("admission"))
      take("admission", *node, read_admission(*node), settings.admission, before_.admission);
    if (const ConfigNode* node = reader.node("notify"))
      take("notify", *node, read_notify(*node), settings.notify, before_.notify);
    if (const ConfigNode* node = reader.node("slack"))
      take("slack", *node, read_slack_settings(*node), settings.slack, before_.slack);
    if (const ConfigNode* node = reader.node("node_group_labels")) add_group_labels(*node);
    if (const ConfigNode* node = reader.node("node_groups"))
      take("node_groups", *node, foresee::read_node_groups(*node), settings.node_groups.groups,
           before_.node_groups.groups);
    if (const ConfigNode* node = reader.node("manifests"))
      take("manifests", *node, read_manifest_settings(*node), settings.manifests, before_.manifests);
    if (const ConfigNode* node = reader.node("services"))
      take("services", *node, read_service_settings(*node), settings.services, before_.services);
    if (const ConfigNode* node = reader.node("exec"))
      take("exec", *node, exec::read_exec_settings(*node), settings.exec, before_.exec);
    if (const ConfigNode* node = reader.node("secrets"))
      take("secrets", *node, read_secret_settings(*node), settings.secrets, before_.secrets);
    if (const ConfigNode* node = reader.node("vault"))
      take("vault", *node, vault::read_vault_settings(*node), settings.vault, before_.vault);
    if (const ConfigNode* node = reader.node("retention")) read_retention(*node);
    if (const ConfigNode* node = reader.node("server")) read_server(*node);
    if (const ConfigNode* node = reader.node("owner_labels"))
      take("owner_labels", *node, read_owner_labels(*node), settings.owner_labels, before_.owner_labels);
    for (Error& problem : reader.problems()) out_.problems.push_back(std::move(problem));
  }

 private:
  // Each part may be set in one document only: which of two would count is nothing to guess.
  template <class T>
  void take(const std::string& part, const ConfigNode& node, Result<T> read, T& target, const T& before) {
    if (!seen_.insert(part).second) {
      out_.problems.push_back({ErrorCode::kAlreadyExists, fmt::format("'{}' is set twice", part), node.where});
      return;
    }
    if (read) {
      target = std::move(*read);
    } else {
      target = before;
      out_.problems.push_back(read.error());
    }
  }

  // Those of all documents together: a pack has a list of its own.
  void add_group_labels(const ConfigNode& node) {
    std::vector<std::string>& labels = out_.settings.node_groups.labels;
    const Result<std::vector<std::string>> read = foresee::read_node_group_labels(node);
    if (!read) {
      out_.problems.push_back(read.error());
      labels = before_.node_groups.labels;
      wrong_labels_ = true;
    }
    if (!wrong_labels_) labels.insert(labels.end(), read->begin(), read->end());
  }

  // `scrape:` holds the short form; `scrape_configs:` and `global:` may stand at the top, as in prometheus.yml.
  void read_scrape(MapReader& reader, const ConfigNode& document) {
    const ConfigNode* scrape = reader.node("scrape");
    const ConfigNode* configs = reader.node("scrape_configs");
    const ConfigNode* global = reader.node("global");
    if (scrape) {
      take("scrape", *scrape, prometheus::read_scrape_config(*scrape), out_.settings.scrape, before_.scrape);
    } else if (configs || global) {
      ConfigNode whole;
      whole.kind = ConfigNode::Kind::kMap;
      whole.where = document.where;
      for (const ConfigMember& member : document.members) {
        if (member.key.scalar == "scrape_configs" || member.key.scalar == "global") whole.members.push_back(member);
      }
      take("scrape", whole, prometheus::read_scrape_config(whole), out_.settings.scrape, before_.scrape);
    }
  }

  void read_retention(const ConfigNode& node) {
    MapReader reader(node, "retention");
    Settings& settings = out_.settings;
    settings.metric_retention = reader.duration_or("metrics", settings.metric_retention);
    settings.log_retention = reader.duration_or("logs", settings.log_retention);
    settings.history_retention = reader.duration_or("history", settings.history_retention);
    for (Error& problem : reader.problems()) out_.problems.push_back(std::move(problem));
  }

  void read_server(const ConfigNode& node) {
    MapReader reader(node, "server");
    Settings& settings = out_.settings;
    settings.page_url = reader.string_or("url", "");
    while (settings.page_url.ends_with('/')) settings.page_url.pop_back();
    settings.allowed_hosts = reader.strings("hosts");
    settings.secure_cookie = reader.bool_or("behind_https", false);
    for (Error& problem : reader.problems()) out_.problems.push_back(std::move(problem));
  }

  const Settings& before_;
  ReadSettings& out_;
  std::set<std::string> seen_;
  bool wrong_labels_ = false;
};

}  // namespace

bool AdmissionSettings::same_listener(const AdmissionSettings& other) const {
  return listen == other.listen && names == other.names && certificate_file == other.certificate_file &&
         key_file == other.key_file && client_ca_file == other.client_ca_file;
}

ReadSettings read_settings(const ConfigTree& config, const Settings& before) {
  ReadSettings out;
  SettingsReader reader(before, out);
  for (const bool from_pack : {false, true}) {
    for (const auto& [path, file] : config.files()) {
      if (file.from_pack != from_pack) continue;
      for (const ConfigNode& document : file.of(DocumentKind::kSettings)) reader.read(document);
    }
  }
  out.settings.products = read_products(config).products;
  return out;
}

std::vector<Error> unknown_rules(const AdmissionSettings& settings, const std::vector<std::string_view>& known) {
  std::vector<Error> problems;
  for (const auto& [key, names] : {std::pair("deny", &settings.policy.deny), std::pair("warn", &settings.policy.warn),
                                   std::pair("ignore", &settings.policy.ignore)}) {
    for (const std::string& name : *names) {
      if (std::ranges::find(known, name) != known.end()) continue;
      problems.push_back({ErrorCode::kInvalidArgument,
                          fmt::format("admission: '{}' names the rule '{}', and there is none of that name{}", key,
                                      name, did_you_mean(name, known)),
                          settings.at});
    }
  }
  return problems;
}

}  // namespace capstan::loop
