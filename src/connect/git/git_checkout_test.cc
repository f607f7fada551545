#include "connect/git/git_checkout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "base/subprocess.h"

namespace capstan::git {
namespace {

using ::testing::HasSubstr;

class GitCheckoutTest : public testing::Test {
 protected:
  GitCheckoutTest() {
    std::string name = (std::filesystem::temp_directory_path() / "capstan-git-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    checkout_ = std::make_unique<GitCheckout>(root_ / "copy", 64 << 20, clock_);
    std::filesystem::create_directories(root_ / "origin");
    shell("git init -q -b main && git config user.name t && git config user.email t@example.org");
    commit("a.yaml", "a: 1\n");
  }
  ~GitCheckoutTest() override { std::filesystem::remove_all(root_); }

  void shell(std::string_view command) {
    const auto outcome =
        run_program({.argv = shell_command(command), .directory = (root_ / "origin").string()}, clock_, {});
    ASSERT_TRUE(outcome && outcome->succeeded()) << command << (outcome ? outcome->err : outcome.error().message);
  }
  void commit(const std::string& file, const std::string& text) {
    ASSERT_TRUE(write_file_atomically(root_ / "origin" / file, text));
    shell("git add -A && git commit -qm change");
  }
  GitSource source(std::string ref = "") {
    return {.repository = (root_ / "origin").string(), .ref = std::move(ref), .token = {}};
  }
  std::string text(const std::string& file) { return read_file(checkout_->directory() / file).value_or("missing"); }

  SystemClock clock_;
  std::filesystem::path root_;
  std::unique_ptr<GitCheckout> checkout_;
};

TEST_F(GitCheckoutTest, FollowsABranch) {
  const std::string first = checkout_->fetch(source()).value();
  EXPECT_EQ(first.size(), 40u);
  EXPECT_EQ(text("a.yaml"), "a: 1\n");
  EXPECT_EQ(checkout_->fetch(source("main")).value(), first);
  commit("a.yaml", "a: 2\n");
  EXPECT_NE(checkout_->fetch(source("main")).value(), first);
  EXPECT_EQ(text("a.yaml"), "a: 2\n");
}

TEST_F(GitCheckoutTest, KeepsWhatItHasWhereTheRefIsGone) {
  ASSERT_TRUE(checkout_->fetch(source()));
  EXPECT_THAT(checkout_->fetch(source("nowhere")).error().message, HasSubstr("nowhere"));
  EXPECT_EQ(text("a.yaml"), "a: 1\n");
}

TEST_F(GitCheckoutTest, FollowsNoLinksOutOfTheRepository) {
  shell("ln -s /etc/hostname link && git add -A && git commit -qm link");
  ASSERT_TRUE(checkout_->fetch(source()));
  EXPECT_FALSE(std::filesystem::is_symlink(checkout_->directory() / "link"));
}

TEST_F(GitCheckoutTest, ThrowsAwayWhatIsTooLarge) {
  GitCheckout small(root_ / "small", 4096, clock_);
  EXPECT_FALSE(small.fetch(source()).has_value());
}

TEST(CheckSource, RefusesOptionsHelpersAndPasswords) {
  EXPECT_TRUE(check_source("https://git.example.org/shop.git", "release/1.2"));
  EXPECT_TRUE(check_source("git@git.example.org:shop.git", ""));
  EXPECT_TRUE(check_source("ssh://git@git.example.org:22/shop.git", ""));
  EXPECT_FALSE(check_source("https://hunter2@git.example.org/shop.git", ""));
  EXPECT_FALSE(check_source("--upload-pack=touch /tmp/x", ""));
  EXPECT_FALSE(check_source("ext::sh -c id", ""));
  EXPECT_FALSE(check_source("/srv/shop", "--output=x"));
  EXPECT_FALSE(check_source("/srv/shop", "a:b"));
  const Status password = check_source("https://me:hunter2@git.example.org/shop.git", "");
  ASSERT_FALSE(password);
  EXPECT_THAT(password.error().message, testing::Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace capstan::git
