// What a cluster has to be given for Capstan to work with it: rights, and the webhook by which it asks.
// Source: kubernetes.io, "Using RBAC Authorization" and "Dynamic Admission Control".
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace capstan::kubernetes {

// Rights on some types, as a rule of a cluster role says them.
struct AccessRule {
  std::vector<std::string> groups;     // "" is the core group.
  std::vector<std::string> resources;  // "pods", "pods/log"
  std::vector<std::string> verbs;

  bool operator==(const AccessRule&) const = default;
};

struct AccountManifest {
  std::string name = "capstan";
  std::string name_space = "capstan";
  std::vector<AccessRule> rules;
};

// A service account with a cluster role and its binding, as YAML.
Result<std::string> account_manifest(const AccountManifest& account);

struct WebhookManifest {
  std::string name = "capstan";
  // One of them: where the API server reaches Capstan. A URL with the path, or a service of the cluster.
  std::string url;
  std::string service_namespace;
  std::string service_name;
  int service_port = 443;
  std::string path;                            // Of the service: "/admission/prod".
  std::string authority_pem;                   // That the certificate is of.
  std::vector<std::string> exempt_namespaces;  // Capstan's own, kube-system.
};

// A validating webhook that asks about everything people and their tools change, and lets changes pass where nobody
// answers.
Result<std::string> webhook_manifest(const WebhookManifest& webhook);

}  // namespace capstan::kubernetes
