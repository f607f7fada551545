#include "connect/kubernetes/kubeconfig.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/crypto.h"
#include "connect/kubernetes/in_cluster.h"
#include "connect/kubernetes/test_folder.h"

namespace capstan::kubernetes {
namespace {

constexpr std::string_view kPem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

// One context "prod" of a cluster and a user with the given lines.
std::string config_of(const std::string& cluster_lines, const std::string& user_lines) {
  const auto indent = [](const std::string& lines) {
    std::string text;
    for (size_t begin = 0; begin < lines.size();) {
      const size_t end = std::min(lines.find('\n', begin), lines.size());
      text += "\n    " + lines.substr(begin, end - begin);
      begin = end + 1;
    }
    return text;
  };
  return fmt::format(
      "apiVersion: v1\nkind: Config\ncurrent-context: prod\n"
      "contexts:\n- name: prod\n  context: {{cluster: c, user: u, namespace: shop}}\n"
      "clusters:\n- name: c\n  cluster:{}\nusers:\n- name: u\n  user:{}\n",
      indent(cluster_lines), user_lines.empty() ? " {}" : indent(user_lines));
}

Result<ClusterAccess> access_of(const std::string& cluster_lines, const std::string& user_lines,
                                const std::string& file = "/etc/k/config") {
  return TRY(Kubeconfig::parse(config_of(cluster_lines, user_lines), file)).access();
}

std::string error_of(const std::string& cluster_lines, const std::string& user_lines) {
  const auto access = access_of(cluster_lines, user_lines);
  return access ? "it was accepted" : access.error().to_string();
}

TEST(Kubeconfig, GivesWhatAContextSays) {
  const auto access = access_of(
      "server: https://10.0.0.1:6443/\ntls-server-name: api.example\nproxy-url: http://proxy:3128\n"
      "disable-compression: true\ncertificate-authority-data: " +
          base64(kPem),
      "token: s3cret\nas: root\nas-groups: [a, b]\nas-user-extra: {reason: [x]}");
  ASSERT_TRUE(access.has_value()) << access.error().to_string();
  EXPECT_EQ(access->context, "prod");
  EXPECT_EQ(access->server, "https://10.0.0.1:6443");
  EXPECT_EQ(access->default_namespace, "shop");
  EXPECT_EQ(access->tls.server_name, "api.example");
  EXPECT_EQ(access->tls.ca_pem, kPem);
  EXPECT_TRUE(access->tls.verify);
  EXPECT_EQ(access->proxy, "http://proxy:3128");
  EXPECT_FALSE(access->compressed);
  EXPECT_EQ(access->token, "s3cret");
  EXPECT_EQ(access->impersonation, (HttpHeaders{{"Impersonate-User", "root"},
                                                {"Impersonate-Group", "a"},
                                                {"Impersonate-Group", "b"},
                                                {"Impersonate-Extra-reason", "x"}}));
}

TEST(Kubeconfig, TakesRelativePathsFromWhereTheFileIs) {
  const TestFolder folder;
  folder.write("pki/ca.crt", kPem);
  folder.write("c.crt", kPem);
  folder.write("c.key", kPem);
  const auto access = access_of("server: https://a\ncertificate-authority: pki/ca.crt",
                                "client-certificate: ./c.crt\nclient-key: c.key\ntokenFile: t", folder.path() / "x");
  ASSERT_TRUE(access.has_value()) << access.error().to_string();
  EXPECT_EQ(access->tls.ca_file, folder.path() / "pki/ca.crt");
  EXPECT_EQ(access->tls.certificate_file, folder.path() / "c.crt");
  EXPECT_EQ(access->tls.key_file, folder.path() / "c.key");
  EXPECT_EQ(access->token_file, folder.path() / "t");
}

TEST(Kubeconfig, TakesTheFirstOfSeveralFiles) {
  const TestFolder folder;
  const std::string first = folder.write("a", "clusters: [{name: c, cluster: {server: https://first}}]\n");
  const std::string second = folder.write("b", config_of("server: https://second", "token: t"));
  const auto config = Kubeconfig::load({folder.path() / "missing", first, second});
  ASSERT_TRUE(config.has_value()) << config.error().to_string();
  EXPECT_EQ(config->current_context(), "prod");
  EXPECT_EQ(config->access()->server, "https://first");
  EXPECT_EQ(config->access()->token, "t");
}

TEST(Kubeconfig, OpensOneContextThoughAnotherIsBroken) {
  const std::string more = "- {name: broken, context: {cluster: nowhere, user: u}}\n";
  std::string text = config_of("server: https://a", "token: t");
  text.insert(text.find("clusters:"), more);
  const auto config = Kubeconfig::parse(text, "config");
  ASSERT_TRUE(config.has_value()) << config.error().to_string();
  EXPECT_EQ(config->contexts(), (std::vector<std::string>{"prod", "broken"}));
  EXPECT_TRUE(config->access("prod").has_value());
  EXPECT_EQ(config->access("broken").error().to_string(), "config:7:27: no cluster is named 'nowhere'; there are: c");
}

TEST(Kubeconfig, SuggestsAContextThatExists) {
  const auto config = Kubeconfig::parse(config_of("server: https://a", ""), "config");
  EXPECT_EQ(config->access("prd").error().to_string(), "config: no context is named 'prd' (did you mean 'prod'?)");
}

TEST(Kubeconfig, SaysWhereAMistakeIsAndWhatWasExpected) {
  EXPECT_EQ(error_of("server: 10.0.0.1", ""), "/etc/k/config:10:13: 'server' must begin with https:// or http://");
  EXPECT_EQ(error_of("insecure-skip-tls-verify: false", ""), "/etc/k/config:10:5: the cluster 'c' needs 'server'");
  EXPECT_EQ(error_of("server: https://a\ncertificate-authority-data: '%%'", ""),
            "/etc/k/config:11:33: 'certificate-authority-data' must be a PEM text in base64");
  EXPECT_EQ(error_of("server: https://a\ncertificate-authority: no-such.crt", ""),
            "/etc/k/config:11:28: 'certificate-authority': cannot open /etc/k/no-such.crt: No such file or directory");
  EXPECT_EQ(error_of("server: https://a", "token: [a]"),
            "/etc/k/config:14:12: 'token' must be a single value, found a list");
}

TEST(Kubeconfig, RefusesWhatContradictsItself) {
  const std::string data = base64(kPem);
  EXPECT_NE(error_of("server: https://a\ninsecure-skip-tls-verify: true\ncertificate-authority-data: " + data, "")
                .find("skips checking it"),
            std::string::npos);
  EXPECT_NE(error_of("server: https://a", "client-certificate-data: " + data).find("no 'client-key'"),
            std::string::npos);
  EXPECT_NE(error_of("server: https://a", "token: s3cret\nusername: u").find("both a token and a password"),
            std::string::npos);
}

TEST(Kubeconfig, RefusesLegacyProvidersByNameAndSaysWhatToUse) {
  const std::string error = error_of("server: https://a", "auth-provider: {name: gcp}");
  EXPECT_NE(error.find("the auth-provider 'gcp'"), std::string::npos) << error;
  EXPECT_NE(error.find("'exec'"), std::string::npos) << error;
}

TEST(Kubeconfig, ReadsACredentialPlugin) {
  const auto access = access_of("server: https://a",
                                "exec:\n  apiVersion: client.authentication.k8s.io/v1\n  command: ./bin/login\n"
                                "  args: [get, token]\n  env: [{name: A, value: b}]\n  interactiveMode: IfAvailable\n"
                                "  provideClusterInfo: true");
  ASSERT_TRUE(access.has_value()) << access.error().to_string();
  EXPECT_EQ(access->plugin->command, "/etc/k/bin/login");
  EXPECT_EQ(access->plugin->arguments, (std::vector<std::string>{"get", "token"}));
  EXPECT_EQ(access->plugin->environment, (Environment{{"A", "b"}}));
  EXPECT_TRUE(access->plugin->provide_cluster_info);
}

TEST(Kubeconfig, RefusesAPluginThatMustAskAPerson) {
  const std::string error = error_of("server: https://a",
                                     "exec:\n  apiVersion: client.authentication.k8s.io/v1\n  command: login\n"
                                     "  interactiveMode: Always");
  EXPECT_NE(error.find("interactiveMode: Always"), std::string::npos) << error;
}

TEST(Kubeconfig, RefusesAPluginOfAnOldVersion) {
  const std::string error =
      error_of("server: https://a", "exec:\n  apiVersion: client.authentication.k8s.io/v1alpha1\n  command: login");
  EXPECT_NE(error.find("client.authentication.k8s.io/v1 or v1beta1"), std::string::npos) << error;
}

TEST(Kubeconfig, WarnsOfUnknownKeysAndGoesOn) {
  const auto config = Kubeconfig::parse(config_of("server: https://a\nproxy-ulr: http://p", ""), "config");
  ASSERT_TRUE(config.has_value());
  ASSERT_EQ(config->warnings().size(), 1u);
  EXPECT_EQ(config->warnings()[0].to_string(),
            "config:11:5: unknown key 'proxy-ulr' in a cluster (did you mean 'proxy-url'?)");
  EXPECT_TRUE(config->access().has_value());
}

TEST(Kubeconfig, NeverRepeatsASecret) {
  for (const char* lines : {"token: {s3cret: 1}", "token: s3cret\nusername: s3cret", "client-key-data: s3cret"}) {
    EXPECT_EQ(error_of("server: https://a", lines).find("s3cret"), std::string::npos) << lines;
  }
}

TEST(Kubeconfig, IsLookedForWhereKubectlLooks) {
  using Paths = std::vector<std::filesystem::path>;
  EXPECT_EQ(kubeconfig_paths({{"KUBECONFIG", "/a::/b"}, {"HOME", "/h"}}), (Paths{"/a", "/b"}));
  EXPECT_EQ(kubeconfig_paths({{"HOME", "/h"}}), Paths{"/h/.kube/config"});
  const auto none = Kubeconfig::load({"/nowhere/a"});
  EXPECT_EQ(none.error().to_string(), "there is no kubeconfig: looked for /nowhere/a");
}

TEST(InCluster, FindsWhatAPodIsGiven) {
  const TestFolder folder;
  folder.write("token", "t\n");
  folder.write("ca.crt", kPem);
  folder.write("namespace", "shop\n");
  const Environment environment{{"KUBERNETES_SERVICE_HOST", "fd00::1"}, {"KUBERNETES_SERVICE_PORT", "443"}};
  const auto access = in_cluster_access(environment, folder.path());
  ASSERT_TRUE(access.has_value()) << access.error().to_string();
  EXPECT_EQ(access->server, "https://[fd00::1]:443");
  EXPECT_EQ(access->default_namespace, "shop");
  EXPECT_EQ(access->token_file, folder.path() / "token");
  EXPECT_EQ(access->tls.ca_file, folder.path() / "ca.crt");
}

TEST(InCluster, SaysThatThisIsNoPod) {
  EXPECT_EQ(in_cluster_access({}).error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(in_cluster_access({{"KUBERNETES_SERVICE_HOST", "h"}, {"KUBERNETES_SERVICE_PORT", "1"}}, "/nowhere")
                .error()
                .message,
            "the pod's service account is not mounted: cannot open /nowhere/token: No such file or directory");
}

}  // namespace
}  // namespace capstan::kubernetes
