#include "connect/kubernetes/manifests.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/json.h"

namespace capstan::kubernetes {
namespace {

constexpr size_t kLongestName = 253;

// RFC 1123, as Kubernetes wants the names of its objects.
Status check_name(std::string_view what, std::string_view name) {
  const bool is_good =
      !name.empty() && name.size() <= kLongestName &&
      std::ranges::all_of(
          name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; }) &&
      name.front() != '-' && name.front() != '.' && name.back() != '-' && name.back() != '.';
  if (is_good) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} '{}' can be no name: expected lower-case letters, digits, '-' and '.'", what, name));
}

// A list of texts on one line; JSON's quoting is YAML's.
std::string list(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const std::string& text : texts) quoted.push_back(Json(text).dump());
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

}  // namespace

Result<std::string> account_manifest(const AccountManifest& account) {
  TRY(check_name("the account", account.name));
  TRY(check_name("the namespace", account.name_space));
  std::string text = fmt::format(
      R"(apiVersion: v1
kind: Namespace
metadata: {{ name: {1} }}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{ name: {0}, namespace: {1} }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{ name: {0} }}
roleRef: {{ apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {0} }}
subjects: [{{ kind: ServiceAccount, name: {0}, namespace: {1} }}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{ name: {0} }}
rules:
)",
      account.name, account.name_space);
  for (const AccessRule& rule : account.rules) {
    text += fmt::format("  - apiGroups: {}\n    resources: {}\n    verbs: {}\n", list(rule.groups),
                        list(rule.resources), list(rule.verbs));
  }
  return text;
}

Result<std::string> webhook_manifest(const WebhookManifest& webhook) {
  TRY(check_name("the webhook", webhook.name));
  std::string client;
  if (!webhook.url.empty()) {
    if (!webhook.url.starts_with("https://")) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{}': an API server calls webhooks by https:// only", webhook.url));
    }
    client = fmt::format("url: {}", Json(webhook.url).dump());
  } else {
    TRY(check_name("the service", webhook.service_name));
    TRY(check_name("the namespace", webhook.service_namespace));
    client = fmt::format("service: {{ namespace: {}, name: {}, port: {}, path: {} }}", webhook.service_namespace,
                         webhook.service_name, webhook.service_port, Json(webhook.path).dump());
  }
  return fmt::format(
      R"(apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {{ name: {0} }}
webhooks:
  - name: check.{0}.invalid
    clientConfig:
      {1}
      caBundle: {2}
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Ignore
    matchPolicy: Equivalent
    timeoutSeconds: 2
    namespaceSelector:
      matchExpressions:
        - {{ key: kubernetes.io/metadata.name, operator: NotIn, values: {3} }}
    rules:
      - {{ operations: [CREATE, UPDATE, DELETE], apiGroups: ["*"], apiVersions: ["*"], resources: ["*"], scope: "*" }}
    matchConditions:
      - name: configuration
        expression: >-
          !(request.resource.group in ["coordination.k8s.io", "events.k8s.io", "authentication.k8s.io",
          "authorization.k8s.io", "discovery.k8s.io", "metrics.k8s.io"])
          && !(request.resource.group == "" && request.resource.resource in ["events", "endpoints", "bindings"])
      - name: made-by-people-and-their-tools
        expression: >-
          !(request.userInfo.username.startsWith("system:node:")
          || request.userInfo.username.startsWith("system:kube-")
          || request.userInfo.username.startsWith("system:serviceaccount:kube-system:")
          || request.userInfo.username == "system:apiserver")
)",
      webhook.name, client, base64(webhook.authority_pem), list(webhook.exempt_namespaces));
}

}  // namespace capstan::kubernetes
