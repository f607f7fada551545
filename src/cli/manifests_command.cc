// manifests: what a cluster has to be given for Capstan to work with it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <map>

#include "base/file.h"
#include "catalog/pack_kinds.h"
#include "cli/command.h"
#include "cli/packs.h"
#include "cli/temporary_directory.h"
#include "connect/kubernetes/manifests.h"
#include "connect/kubernetes/verbs/cluster_verbs.h"

namespace capstan::cli {
namespace {

struct RightsArguments {
  std::string name = "capstan";
  std::string name_space = "capstan";
  std::string config = "config";
  bool without_secrets = false;
  bool all_types = false;
  std::vector<std::string> uses;  // "diagnose", "drift" or a verb: what needs more than watching does.

  bool is_for(std::string_view use) const { return std::ranges::find(uses, use) != uses.end(); }
};

struct WebhookArguments {
  std::string url;
  std::string service;
  std::string cluster;
  std::string authority;
};

std::vector<std::string> known_uses() {
  std::vector<std::string> uses = {"diagnose", "drift"};
  for (const kubernetes::VerbRights& rights : kubernetes::verb_rights()) uses.emplace_back(rights.verb);
  return uses;
}

// The types of the packs' kinds, those of a user's own among them.
std::vector<kubernetes::AccessRule> rules_of_kinds(const std::vector<KindSpec>& kinds, bool without_secrets,
                                                   const std::vector<std::string>& verbs) {
  std::map<std::string, std::vector<std::string>> types;
  for (const KindSpec& kind : kinds) {
    if (!kind.objects || kind.objects->system != "kubernetes" || kind.objects->resource == "*") continue;
    if (without_secrets && kind.objects->group.empty() && kind.objects->resource == "secrets") continue;
    types[kind.objects->group].push_back(kind.objects->resource);
  }
  std::vector<kubernetes::AccessRule> rules;
  for (auto& [group, resources] : types) {
    std::ranges::sort(resources);
    rules.push_back({.groups = {group}, .resources = std::move(resources), .verbs = verbs});
  }
  return rules;
}

// What is watched, and what else the uses need.
std::vector<kubernetes::AccessRule> rights_of(const std::vector<KindSpec>& kinds, const RightsArguments& arguments) {
  std::vector<std::string> verbs = {"get", "list", "watch"};
  if (arguments.is_for("drift")) verbs.emplace_back("patch");  // Whoever may not apply may not try it either.
  std::vector<kubernetes::AccessRule> rules;
  if (arguments.all_types) {
    rules.push_back({.groups = {"*"}, .resources = {"*"}, .verbs = verbs});
  } else {
    rules = rules_of_kinds(kinds, arguments.without_secrets, verbs);
  }
  if (arguments.is_for("diagnose")) {
    rules.push_back({.groups = {""}, .resources = {"events"}, .verbs = {"list"}});
    rules.push_back({.groups = {""}, .resources = {"pods/log"}, .verbs = {"get"}});
  }
  for (const kubernetes::VerbRights& rights : kubernetes::verb_rights()) {
    if (arguments.is_for(rights.verb)) rules.insert(rules.end(), rights.rules.begin(), rights.rules.end());
  }
  return rules;
}

Status print_rights(const RightsArguments& arguments) {
  const std::unique_ptr<TemporaryDirectory> directory = TRY(TemporaryDirectory::make());
  const std::vector<std::filesystem::path> packs = {TRY(unpack_packs(directory->path())), arguments.config};
  const catalog::LoadedKinds kinds = catalog::load_kinds(packs);
  if (!kinds.problems.empty()) return fail(kinds.problems.front());
  fmt::print("{}", TRY(kubernetes::account_manifest({.name = arguments.name,
                                                     .name_space = arguments.name_space,
                                                     .rules = rights_of(kinds.kinds, arguments)})));
  return {};
}

Status print_webhook(const WebhookArguments& arguments, const CommonOptions& common) {
  const std::filesystem::path authority = arguments.authority.empty()
                                              ? std::filesystem::path(common.data_directory) / "admission.crt"
                                              : std::filesystem::path(arguments.authority);
  kubernetes::WebhookManifest webhook;
  webhook.authority_pem = TRY(read_file(authority));
  webhook.path = "/admission/" + arguments.cluster;
  webhook.exempt_namespaces = {"kube-system", "capstan"};
  if (!arguments.url.empty()) {
    webhook.url = arguments.url + webhook.path;
  } else {
    const size_t slash = arguments.service.find('/');
    if (slash == std::string::npos) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("--service '{}': expected NAMESPACE/NAME", arguments.service));
    }
    webhook.service_namespace = arguments.service.substr(0, slash);
    webhook.service_name = arguments.service.substr(slash + 1);
    if (webhook.service_namespace != "capstan") webhook.exempt_namespaces.push_back(webhook.service_namespace);
  }
  fmt::print("{}", TRY(kubernetes::webhook_manifest(webhook)));
  return {};
}

}  // namespace

void add_manifests(CLI::App& app, CommonOptions& common, Action& chosen) {
  static RightsArguments rights;
  static WebhookArguments webhook;
  CLI::App* command = app.add_subcommand("manifests", "Print what a Kubernetes cluster has to be given for Capstan");
  command->require_subcommand(1);

  CLI::App* rbac = command->add_subcommand("rbac", "A service account that may do what is needed, and no more");
  rbac->add_option("--name", rights.name, "Of the account and its role")->capture_default_str();
  rbac->add_option("-n,--namespace", rights.name_space, "Of the account")->capture_default_str();
  rbac->add_option("-c,--config", rights.config, "A directory with kinds of your own")->capture_default_str();
  rbac->add_flag("--without-secrets", rights.without_secrets, "Rules about secrets are then silent");
  rbac->add_option("--for", rights.uses,
                   "What needs more than watching: diagnose (events, logs), drift (patch: the dry run), and what "
                   "'kubernetes: {allow: …}' names")
      ->delimiter(',')
      ->check(CLI::IsMember(known_uses()));
  rbac->add_flag("--all-types", rights.all_types, "Custom resources of every group, too");
  rbac->callback([&chosen] {
    chosen = [] {
      const Status status = print_rights(rights);
      return status ? 0 : failed(status.error());
    };
  });

  CLI::App* asks = command->add_subcommand("webhook", "The webhook by which the API server asks before a change");
  CLI::Option* url = asks->add_option("--url", webhook.url, "How the API server reaches Capstan: https://HOST:PORT");
  CLI::Option* service = asks->add_option("--service", webhook.service, "Or by a service: NAMESPACE/NAME");
  url->excludes(service);
  asks->add_option("--cluster", webhook.cluster, "The cluster's name in Capstan's ids")->required();
  asks->add_option("--ca", webhook.authority, "The authority of the certificate; without it the one Capstan made");
  asks->add_option("--data", common.data_directory, "The data directory of the running Capstan");
  asks->callback([&common, &chosen] {
    chosen = [&common] {
      const Status status = webhook.url.empty() && webhook.service.empty()
                                ? Status(fail(ErrorCode::kInvalidArgument, "one of --url and --service is needed"))
                                : print_webhook(webhook, common);
      return status ? 0 : failed(status.error());
    };
  });
}

}  // namespace capstan::cli
