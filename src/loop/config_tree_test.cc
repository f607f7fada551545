#include "loop/config_tree.h"

#include <gtest/gtest.h>
#include <sys/fsuid.h>

#include <fstream>

namespace capstan::loop {
namespace {

// Whose folder may be read by its owner alone: not by this thread, even where root runs the test.
class AsNobody {
 public:
  AsNobody() : was_(::setfsuid(65534)) {}
  ~AsNobody() { ::setfsuid(static_cast<uid_t>(was_)); }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  int was_;
};

class ConfigTreeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "capstan-config-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    std::filesystem::create_directories(root_ / "packs/host");
    std::filesystem::create_directories(root_ / "config");
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::filesystem::path write(const std::string& name, const std::string& text) {
    const auto path = root_ / name;
    std::ofstream(path) << text;
    // Two writes within one tick of the file system's clock look alike but for the size.
    std::filesystem::last_write_time(path,
                                     std::filesystem::file_time_type::clock::now() + std::chrono::seconds(++writes_));
    return path;
  }
  ConfigTree tree() { return ConfigTree({root_ / "packs"}, root_ / "config"); }

  std::filesystem::path root_;
  int writes_ = 0;
};

TEST_F(ConfigTreeTest, SortsDocumentsByWhatTheyAre) {
  const auto path = write("config/all.yaml", "policy: p\n---\nrule: r\n---\nscrape: {targets: []}\n---\ngroups: []\n");
  write("packs/host/kinds.yaml", "kind: host\ntitle: Host\n");
  ConfigTree config = tree();
  EXPECT_TRUE(config.refresh());
  const ConfigFile& file = config.files().at(path);
  EXPECT_EQ(file.kinds,
            (std::vector{DocumentKind::kPolicy, DocumentKind::kRule, DocumentKind::kSettings, DocumentKind::kAlerts}));
  EXPECT_FALSE(file.from_pack);
  EXPECT_TRUE(config.files().at(root_ / "packs/host/kinds.yaml").from_pack);
  EXPECT_FALSE(config.refresh()) << "nothing changed";
}

TEST_F(ConfigTreeTest, WhatIsInAFolderThatCannotBeListedIsNotGone) {
  std::filesystem::create_directories(root_ / "config/freezes");
  std::filesystem::permissions(root_, std::filesystem::perms(0755));
  const auto path = write("config/freezes/demo.yaml", "freeze: demo\nduring: daily\nzone: UTC\n");
  write("config/all.yaml", "policy: p\n");
  ConfigTree config = tree();
  ASSERT_TRUE(config.refresh());
  std::filesystem::permissions(root_ / "config/freezes", std::filesystem::perms(0700));
  {
    const AsNobody nobody;
    ASSERT_TRUE(config.refresh());
    EXPECT_TRUE(config.files().contains(path));
    ASSERT_TRUE(config.problems().contains(root_ / "config/freezes"));
    EXPECT_NE(config.problems().at(root_ / "config/freezes").message.find("Permission denied"), std::string::npos);
    ConfigTree anew = tree();
    anew.refresh();
    EXPECT_TRUE(anew.problems().contains(root_ / "config/freezes")) << "nor does it start as if nothing were there";
  }
  ASSERT_TRUE(config.refresh());
  EXPECT_TRUE(config.problems().empty());
}

TEST_F(ConfigTreeTest, NoticesACalendarThatComesChangesAndGoes) {
  ConfigTree config = tree();
  ASSERT_TRUE(config.refresh());
  EXPECT_FALSE(config.refresh());
  std::filesystem::create_directories(root_ / "config/calendar");
  EXPECT_FALSE(config.refresh()) << "there is none in it";
  const auto path = write("config/calendar/kr.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR\n");
  EXPECT_TRUE(config.refresh());
  EXPECT_FALSE(config.refresh());
  write("config/calendar/kr.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR\n");
  EXPECT_TRUE(config.refresh()) << "written again";
  std::filesystem::remove(path);
  EXPECT_TRUE(config.refresh());
  EXPECT_FALSE(config.refresh());
}

TEST_F(ConfigTreeTest, GivesTheTextOfOneKindWithItsLines) {
  const auto path =
      write("config/all.yaml", "# first\npolicy: p\n---\n# why\nrule: r\nsays: s\n---\n{policy: q}\n---\nrule: t\n");
  ConfigTree config = tree();
  ASSERT_TRUE(config.refresh());
  const ConfigFile& file = config.files().at(path);
  const std::string rules = file.text_of(DocumentKind::kRule);
  const auto documents = parse_yaml(rules, "f");
  ASSERT_TRUE(documents.has_value()) << rules;
  ASSERT_EQ(documents->size(), 2) << rules;
  EXPECT_EQ((*documents)[0].where.line, 5);
  EXPECT_EQ((*documents)[1].where.line, 10);
  EXPECT_EQ(parse_yaml(file.text_of(DocumentKind::kPolicy), "f")->size(), 2);
}

TEST_F(ConfigTreeTest, KeepsWhatCannotBeLookedAtForAMoment) {
  const auto path = write("config/a.yaml", "policy: p\n");
  ConfigTree config = tree();
  ASSERT_TRUE(config.refresh());
  std::filesystem::rename(root_ / "config", root_ / "away");
  std::ofstream(root_ / "config") << "no directory";
  EXPECT_TRUE(config.refresh()) << "people are to see the problem";
  EXPECT_TRUE(config.files().contains(path));
  EXPECT_TRUE(config.problems().contains(root_ / "config"));
  EXPECT_FALSE(config.refresh()) << "nothing new";
  std::filesystem::remove(root_ / "config");
  std::filesystem::rename(root_ / "away", root_ / "config");
  EXPECT_TRUE(config.refresh());
  EXPECT_TRUE(config.problems().empty());
  EXPECT_TRUE(config.files().contains(path));
}

TEST_F(ConfigTreeTest, KeepsTheLastGoodVersionOfABrokenFile) {
  const auto path = write("config/a.yaml", "policy: p\n");
  ConfigTree config = tree();
  config.refresh();
  write("config/a.yaml", "policy: [\n");
  EXPECT_TRUE(config.refresh());
  EXPECT_EQ(config.files().at(path).documents.size(), 1u);
  ASSERT_TRUE(config.problems().contains(path));
  EXPECT_EQ(config.problems().at(path).where.file, path.string());
  EXPECT_GT(config.problems().at(path).where.line, 0);
  write("config/a.yaml", "policy: q\n");
  EXPECT_TRUE(config.refresh());
  EXPECT_TRUE(config.problems().empty());
}

TEST_F(ConfigTreeTest, SeesChangesOfFilesElsewhere) {
  ConfigTree config = tree();
  EXPECT_TRUE(config.refresh());
  const auto kubeconfig = root_ / "kubeconfig";
  config.watch({kubeconfig});
  EXPECT_FALSE(config.refresh()) << "it is not there, as before";
  write("kubeconfig", "a");
  EXPECT_TRUE(config.refresh());
  config.watch({kubeconfig});
  EXPECT_FALSE(config.refresh());
  write("kubeconfig", "b");
  config.watch({kubeconfig});
  EXPECT_TRUE(config.refresh()) << "named again, it is not forgotten that it changed";
  config.watch({});
  write("kubeconfig", "c");
  EXPECT_FALSE(config.refresh());
}

TEST_F(ConfigTreeTest, ForgetsAFileThatIsGone) {
  const auto path = write("config/a.yaml", "policy: p\n");
  ConfigTree config = tree();
  config.refresh();
  std::filesystem::remove(path);
  EXPECT_TRUE(config.refresh());
  EXPECT_TRUE(config.files().empty());
}

TEST_F(ConfigTreeTest, SaysByWhichKeysDocumentsAreTold) {
  const auto path = write("config/a.yaml", "polcy: p\n");
  ConfigTree config = tree();
  config.refresh();
  const Error& error = config.problems().at(path);
  EXPECT_EQ(error.where.line, 1);
  EXPECT_NE(error.message.find("did you mean 'policy'?"), std::string::npos) << error.message;
}

TEST_F(ConfigTreeTest, IsEmptyWithoutDirectories) {
  ConfigTree config({root_ / "none"}, root_ / "nowhere");
  EXPECT_TRUE(config.refresh());
  EXPECT_TRUE(config.files().empty());
}

}  // namespace
}  // namespace capstan::loop
