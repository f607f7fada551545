#include "loop/settings.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace capstan::loop {
namespace {

class SettingsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "capstan-settings-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  ReadSettings read(const std::string& text, const Settings& before = {}) {
    std::ofstream(directory_ / "site.yaml") << text;
    ConfigTree config({}, directory_);
    config.refresh();
    EXPECT_TRUE(config.problems().empty());
    return read_settings(config, before);
  }

  std::filesystem::path directory_;
};

TEST_F(SettingsTest, AreAllDefaultsWithoutAFile) {
  ConfigTree config({}, directory_);
  config.refresh();
  const ReadSettings read = read_settings(config, {});
  EXPECT_TRUE(read.problems.empty());
  EXPECT_TRUE(read.settings.notify.empty());
  EXPECT_EQ(read.settings.metric_retention, std::chrono::hours(24 * 15));
}

TEST_F(SettingsTest, ReadChannelsAndTellThemApart) {
  const ReadSettings got = read(
      "notify:\n"
      "  - slack: { token: env:T, channel: '#ops' }\n"
      "    severity: high\n"
      "  - slack: { webhook: file:/run/hook }\n"
      "  - console: true\n");
  EXPECT_TRUE(got.problems.empty()) << got.problems.front().to_string();
  ASSERT_EQ(got.settings.notify.size(), 3u);
  EXPECT_EQ(got.settings.notify[0].name, "slack");
  EXPECT_EQ(got.settings.notify[0].least, Severity::kHigh);
  EXPECT_EQ(got.settings.notify[1].name, "slack-2");
  EXPECT_EQ(got.settings.notify[2].kind, NotifySettings::Kind::kConsole);
}

TEST_F(SettingsTest, PutLabelsOfNodeGroupsBeforeThoseOfPacks) {
  std::filesystem::create_directories(directory_ / "packs");
  std::filesystem::create_directories(directory_ / "config");
  std::ofstream(directory_ / "packs/groups.yaml") << "node_group_labels: [cloud.example/pool]\n";
  std::ofstream(directory_ / "config/groups.yaml") << "node_group_labels: [example.org/pool]\n";
  ConfigTree config({directory_ / "packs"}, directory_ / "config");
  config.refresh();
  const ReadSettings got = read_settings(config, {});
  EXPECT_TRUE(got.problems.empty());
  EXPECT_EQ(got.settings.node_groups.labels, (std::vector<std::string>{"example.org/pool", "cloud.example/pool"}));
  std::ofstream(directory_ / "config/groups.yaml") << "node_group_labels: [{ a: b }]\n";
  config.refresh();
  const ReadSettings wrong = read_settings(config, got.settings);
  EXPECT_EQ(wrong.problems.size(), 1u);
  EXPECT_EQ(wrong.settings.node_groups.labels, got.settings.node_groups.labels);
}

TEST_F(SettingsTest, NameTheProgramsThatMayRun) {
  const ReadSettings got = read("exec: { programs: [/usr/bin/git], user: ops, directory: /srv }\n");
  EXPECT_TRUE(got.problems.empty()) << got.problems.front().to_string();
  EXPECT_EQ(got.settings.exec.programs, std::vector<std::string>{"/usr/bin/git"});
  // A mistake changes nothing of what may run.
  const ReadSettings wrong = read("exec: { programs: [git] }\n", got.settings);
  EXPECT_EQ(wrong.problems.size(), 1u);
  EXPECT_EQ(wrong.settings.exec, got.settings.exec);
}

TEST_F(SettingsTest, SayWhereSecretsAreAndTakeReferencesToThem) {
  const ReadSettings got = read(
      "secrets: { key: credential:capstan, versions: 5 }\n"
      "vault: { address: 'https://v:8200', auth: { token: env:T } }\n"
      "notify: [ { slack: { token: 'secret:chat/slack#token', channel: '#ops' } } ]\n");
  EXPECT_TRUE(got.problems.empty()) << got.problems.front().to_string();
  EXPECT_EQ(got.settings.secrets, (SecretSettings{"credential:capstan", 5}));
  EXPECT_EQ(got.settings.vault.address, "https://v:8200");
  EXPECT_EQ(got.settings.notify[0].token_reference, "secret:chat/slack#token");
  const ReadSettings wrong = read("secrets: { key: a-passphrase }\n", got.settings);
  ASSERT_EQ(wrong.problems.size(), 1u);
  EXPECT_EQ(wrong.problems[0].message.find("passphrase"), std::string::npos);
  EXPECT_EQ(wrong.settings.secrets, got.settings.secrets);
}

TEST_F(SettingsTest, NameTheLabelsOfOwners) {
  EXPECT_EQ(read("owner_labels: [squad, team]\n").settings.owner_labels, (std::vector<std::string>{"squad", "team"}));
  Settings before;
  before.owner_labels = {"squad"};
  const ReadSettings wrong = read("owner_labels: { squad: 1 }\n", before);
  EXPECT_EQ(wrong.problems.size(), 1u);
  EXPECT_EQ(wrong.settings.owner_labels, before.owner_labels) << "a mistake changes nothing";
}

TEST_F(SettingsTest, RefuseASecretInTheFile) {
  const ReadSettings got = read("notify:\n  - slack: { token: xoxb-1234, channel: '#ops' }\n");
  ASSERT_EQ(got.problems.size(), 1u);
  EXPECT_EQ(got.problems[0].where.line, 2);
  EXPECT_NE(got.problems[0].message.find("env:NAME"), std::string::npos);
  EXPECT_EQ(got.problems[0].message.find("xoxb"), std::string::npos) << "the secret must not be repeated";
}

TEST_F(SettingsTest, SayInWhichLanguageAChannelIsToldAndWhatBecomesADigest) {
  const ReadSettings got = read(
      "notify:\n"
      "  - slack: { channel: '#ops' }\n"
      "    language: ko\n"
      "    digest: 5m\n"
      "  - webhook: { url: 'https://example.org/hook' }\n"
      "  - console: true\n");
  ASSERT_TRUE(got.problems.empty()) << got.problems.front().to_string();
  EXPECT_EQ(got.settings.notify[0].language, Language::kKorean);
  EXPECT_EQ(got.settings.notify[0].digest, std::chrono::minutes(5));
  EXPECT_EQ(got.settings.notify[1].digest, Duration(0)) << "programs count for themselves";
  EXPECT_EQ(got.settings.notify[2].language, Language::kEnglish);
  EXPECT_EQ(got.settings.notify[2].digest, std::chrono::minutes(1));
  EXPECT_EQ(read("notify: [{console: true, language: fr}]\n").problems.size(), 1u);
  EXPECT_EQ(read("notify: [{console: true, digest: 2h}]\n").problems.size(), 1u);
}

TEST_F(SettingsTest, LinkPeopleInSlackToUsers) {
  const ReadSettings got = read(
      "slack:\n"
      "  app_token: env:APP\n"
      "  bot_token: env:BOT\n"
      "  users: { U012AB3CD: alice, W0XYZ: bob }\n"
      "  language: ko\n");
  ASSERT_TRUE(got.problems.empty()) << got.problems.front().to_string();
  EXPECT_TRUE(got.settings.slack.listens());
  EXPECT_EQ(got.settings.slack.users.at("U012AB3CD"), "alice");
  EXPECT_EQ(got.settings.slack.language, Language::kKorean);
  EXPECT_EQ(got.settings.slack.api_url, "https://slack.com/api");
}

TEST_F(SettingsTest, RefuseLinksToNobodyAndSecretsOfSlackInTheFile) {
  const auto problem = [&](const std::string& text) {
    const ReadSettings got = read("slack: " + text + "\n");
    return got.problems.empty() ? std::string() : got.problems.front().message;
  };
  EXPECT_NE(problem("{ app_token: xapp-1-secret, bot_token: env:B }").find("env:NAME"), std::string::npos);
  EXPECT_EQ(problem("{ app_token: xapp-1-secret, bot_token: env:B }").find("xapp-1"), std::string::npos);
  EXPECT_NE(problem("{ users: { U012AB3CD: alice } }").find("signing_secret"), std::string::npos);
  EXPECT_NE(problem("{ app_token: env:A }").find("bot_token"), std::string::npos);
  EXPECT_NE(problem("{ app_token: env:A, bot_token: env:B, users: { '@alice': alice } }").find("U012AB3CD"),
            std::string::npos);
  EXPECT_NE(problem("{ app_token: env:A, bot_token: env:B, users: { U012AB3CD: '' } }").find("nobody"),
            std::string::npos);
  EXPECT_NE(problem("{ app_tokn: env:A }").find("app_token"), std::string::npos);
}

TEST_F(SettingsTest, KeepWhatWasForAPartWithAMistake) {
  const Settings before = read("notify: [{console: true}]\nretention: {metrics: 2d}\n").settings;
  const ReadSettings after = read("notify: [{consol: true}]\nretention: {metrics: 3d}\n", before);
  ASSERT_FALSE(after.problems.empty());
  EXPECT_EQ(after.settings.notify.size(), 1u);
  EXPECT_EQ(after.settings.metric_retention, std::chrono::hours(72)) << "the other parts are as they are written";
}

TEST_F(SettingsTest, TakeTwoLinesForATarget) {
  const ReadSettings got = read("scrape:\n  targets: [\"localhost:9100\"]\n");
  EXPECT_TRUE(got.problems.empty());
  ASSERT_EQ(got.settings.scrape.jobs.size(), 1u);
}

TEST_F(SettingsTest, TakePrometheusOwnFile) {
  const ReadSettings got = read(
      "global: {scrape_interval: 5s}\n"
      "scrape_configs:\n  - job_name: node\n    static_configs: [{targets: [\"localhost:9100\"]}]\n");
  EXPECT_TRUE(got.problems.empty()) << got.problems.front().to_string();
  ASSERT_EQ(got.settings.scrape.jobs.size(), 1u);
  EXPECT_EQ(got.settings.scrape.jobs[0].interval, std::chrono::seconds(5));
}

TEST_F(SettingsTest, ReadNodeGroups) {
  const ReadSettings got = read(
      "node_group_labels: [pool]\n---\n"
      "node_groups:\n  - { name: gpu, max: 5, price: 3.5, spot: true, allocatable: { cpu: 8 } }\n");
  EXPECT_TRUE(got.problems.empty()) << got.problems.front().to_string();
  ASSERT_EQ(got.settings.node_groups.groups.size(), 1u);
  EXPECT_EQ(got.settings.node_groups.groups[0].price_per_hour, 3.5);
  EXPECT_EQ(got.settings.node_groups.labels, std::vector<std::string>{"pool"});
  const ReadSettings wrong = read("node_groups:\n  - { name: gpu, max: many }\n", got.settings);
  EXPECT_EQ(wrong.problems.size(), 1u);
  EXPECT_EQ(wrong.settings.node_groups.groups, got.settings.node_groups.groups);
}

TEST_F(SettingsTest, RefuseAPartThatIsSetTwice) {
  const ReadSettings got = read("notify: [{console: true}]\n---\nnotify: []\n");
  ASSERT_EQ(got.problems.size(), 1u);
  EXPECT_EQ(got.problems[0].where.line, 3);
}

TEST_F(SettingsTest, SuggestForUnknownKeys) {
  const ReadSettings got = read("retention: {metrcs: 2d}\n");
  ASSERT_EQ(got.problems.size(), 1u);
  EXPECT_NE(got.problems[0].message.find("did you mean 'metrics'?"), std::string::npos) << got.problems[0].message;
}

TEST_F(SettingsTest, NameWhatMayBeDoneToClusters) {
  const ReadSettings got = read("kubernetes: { kubeconfig: a, allow: [scale, run_job] }\n");
  EXPECT_TRUE(got.problems.empty());
  EXPECT_TRUE(got.settings.kubernetes.allow.contains("run_job"));
  const ReadSettings wrong = read("kubernetes: { kubeconfig: a, allow: [scael] }\n", got.settings);
  ASSERT_EQ(wrong.problems.size(), 1u);
  EXPECT_NE(
      wrong.problems[0].to_string().find("site.yaml:1:37: 'allow' has 'scael' (did you mean 'scale'?); there are"),
      std::string::npos)
      << wrong.problems[0].to_string();
  EXPECT_TRUE(wrong.settings.kubernetes.allow.contains("scale")) << "the last good version stays";
}

TEST(AdmissionSettingsTest, NamesTheRulesThatThereAreNot) {
  AdmissionSettings settings;
  settings.policy.deny = {"KubeServiceSelectsNothing", "KubeServiceSelectNothing"};
  settings.policy.ignore = {"Nonsense"};
  settings.at = {"site.yaml", 3, 1};
  const std::vector<Error> problems = unknown_rules(settings, {"KubeServiceSelectsNothing", "KubeSecretMissing"});
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_EQ(
      problems[0].to_string(),
      "site.yaml:3:1: admission: 'deny' names the rule 'KubeServiceSelectNothing', and there is none of that name "
      "(did you mean 'KubeServiceSelectsNothing'?)");
  EXPECT_EQ(problems[1].to_string(),
            "site.yaml:3:1: admission: 'ignore' names the rule 'Nonsense', and there is none of that name");
}

TEST_F(SettingsTest, TakeMailsAndSayWhatIsWrongWithThem) {
  const ReadSettings good = read(
      "notify:\n"
      "  - mail: { server: 'smtp://mail:587', user: a, password: env:P, from: 'C <c@example.com>', to: [o@example.com] "
      "}\n"
      "    language: ko\n");
  ASSERT_TRUE(good.problems.empty()) << good.problems.front().to_string();
  ASSERT_EQ(good.settings.notify.size(), 1u);
  EXPECT_EQ(good.settings.notify[0].kind, NotifySettings::Kind::kMail);
  EXPECT_EQ(good.settings.notify[0].language, Language::kKorean);
  EXPECT_FALSE(good.settings.notify[0].plain);
  struct {
    const char* mail;
    const char* says;
  } const bad[] = {
      {"{ server: 'http://mail', from: c@d.e, to: [o@d.e] }", "smtp://HOST:PORT"},
      {"{ server: 'smtp://a:b@mail', from: c@d.e, to: [o@d.e] }", "takes no login"},
      {"{ server: 'smtp://mail', from: c, to: [o@d.e] }", "is no mail address"},
      {"{ server: 'smtp://mail', from: c@d.e }", "at least one address"},
      {"{ server: 'smtp://mail', from: c@d.e, to: [o@d.e], user: a }", "belong together"},
      {"{ server: 'smtp://mail', from: c@d.e, to: [o@d.e], user: a, password: secret-itself }", "refer to a secret"},
      {"{ server: 'smtp://mail', from: c@d.e, to: [o@d.e], tls: none, user: a, password: env:P }", "without TLS"},
  };
  for (const auto& [mail, says] : bad) {
    const ReadSettings got = read(std::string("notify:\n  - mail: ") + mail + "\n");
    ASSERT_FALSE(got.problems.empty()) << mail;
    EXPECT_NE(got.problems.front().message.find(says), std::string::npos) << got.problems.front().to_string();
  }
}

}  // namespace
}  // namespace capstan::loop
