#include "connect/kubernetes/manifests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace capstan::kubernetes {
namespace {

using testing::HasSubstr;

TEST(AccountManifest, GivesTheRightsThatAreAskedForAndNoMore) {
  const auto text =
      account_manifest({.rules = {{.groups = {""}, .resources = {"pods", "pods/log"}, .verbs = {"get"}}}});
  ASSERT_TRUE(text);
  EXPECT_THAT(*text,
              HasSubstr("  - apiGroups: [\"\"]\n    resources: [\"pods\", \"pods/log\"]\n    verbs: [\"get\"]\n"));
  EXPECT_FALSE(account_manifest({.name = "two\nlines", .rules = {}}));
}

TEST(WebhookManifest, AsksByHttpsOnly) {
  WebhookManifest webhook{.authority_pem = "pem", .exempt_namespaces = {"kube-system"}};
  webhook.url = "http://capstan";
  EXPECT_FALSE(webhook_manifest(webhook));
  webhook.url = "https://capstan:9443/admission/prod";
  EXPECT_THAT(webhook_manifest(webhook).value(),
              HasSubstr("url: \"https://capstan:9443/admission/prod\"\n      caBundle: cGVt\n"));
}

TEST(WebhookManifest, ReachesAServiceOfTheCluster) {
  WebhookManifest webhook{
      .service_namespace = "ops", .service_name = "capstan", .path = "/admission/prod", .exempt_namespaces = {}};
  EXPECT_THAT(webhook_manifest(webhook).value(),
              HasSubstr("service: { namespace: ops, name: capstan, port: 443, path: \"/admission/prod\" }"));
  webhook.service_name = "Capstan!";
  EXPECT_FALSE(webhook_manifest(webhook));
}

}  // namespace
}  // namespace capstan::kubernetes
