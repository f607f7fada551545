// The journal's reader against files that systemd-journal-remote writes.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "connect/host/journal_follower.h"

namespace capstan::host {
namespace {

class KeptLines final : public LogSink {
 public:
  Status append(std::vector<LogLine> lines) override {
    if (refuses) return fail(ErrorCode::kUnavailable, "the disk is full");
    for (LogLine& line : lines) kept.push_back(std::move(line));
    return {};
  }
  std::vector<LogLine> kept;
  bool refuses = false;
};

class Journal : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/capstan-journal-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
    std::filesystem::create_directory(directory_ + "/journal");
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  // Adds entries in systemd's export format.
  void write(const std::vector<std::string>& entries) {
    const std::string file = directory_ + "/journal/machine.journal";
    FILE* writer = ::popen(fmt::format("/lib/systemd/systemd-journal-remote -o {} - 2>/dev/null", file).c_str(), "w");
    ASSERT_NE(writer, nullptr);
    for (const std::string& entry : entries) {
      const int64_t microseconds = 1'790'000'000'000'000 + 1'000'000 * ++written_;
      fmt::print(
          writer,
          "__REALTIME_TIMESTAMP={0}\n__MONOTONIC_TIMESTAMP={1}\n_BOOT_ID=0123456789abcdef0123456789abcdef\n{2}\n\n",
          microseconds, 1'000'000 * written_, entry);
    }
    ASSERT_EQ(::pclose(writer), 0);
  }
  JournalFollower follower() {
    return {{.host = "web1", .directory = directory_ + "/journal", .state_file = directory_ + "/cursor"}, sink_};
  }
  std::vector<std::string> texts() {
    std::vector<std::string> said;
    for (const LogLine& line : sink_.kept) said.push_back(line.text);
    sink_.kept.clear();
    return said;
  }

  std::string directory_;
  int64_t written_ = 0;
  KeptLines sink_;
};

using Texts = std::vector<std::string>;

TEST_F(Journal, GivesWhatIsNewWithItsUnitAndLevel) {
  write({"MESSAGE=before Capstan\nPRIORITY=6"});
  JournalFollower followed = follower();
  ASSERT_TRUE(followed.poll());
  EXPECT_EQ(texts(), Texts{});
  write({"MESSAGE=cannot bind port 80\nPRIORITY=3\n_SYSTEMD_UNIT=web.service\n_TRANSPORT=stdout",
         "MESSAGE=link is up\nPRIORITY=6\nSYSLOG_IDENTIFIER=kernel"});
  ASSERT_TRUE(followed.poll());
  ASSERT_EQ(sink_.kept.size(), 2u);
  const LogLine& line = sink_.kept.front();
  EXPECT_EQ(line.text, "cannot bind port 80");
  EXPECT_EQ(line.labels.get("unit"), "web.service");
  EXPECT_EQ(line.labels.get("level"), "error");
  EXPECT_EQ(line.labels.get("stream"), "stdout");
  EXPECT_EQ(line.labels.get("instance"), "web1");
  EXPECT_EQ(to_unix_ms(line.at), 1'790'000'002'000);
  EXPECT_EQ(sink_.kept.back().labels.get("unit"), "kernel");
}

TEST_F(Journal, GoesOnWhereItStoodAfterARestart) {
  write({"MESSAGE=first"});
  {
    JournalFollower followed = follower();
    ASSERT_TRUE(followed.poll());
    write({"MESSAGE=second"});
    ASSERT_TRUE(followed.poll());
    EXPECT_EQ(texts(), Texts{"second"});
  }
  write({"MESSAGE=third"});
  JournalFollower again = follower();
  ASSERT_TRUE(again.poll());
  EXPECT_EQ(texts(), Texts{"third"});
}

TEST_F(Journal, GivesAgainWhatTheSinkRefused) {
  write({"MESSAGE=first"});
  JournalFollower followed = follower();
  ASSERT_TRUE(followed.poll());
  write({"MESSAGE=second"});
  sink_.refuses = true;
  ASSERT_FALSE(followed.poll());
  sink_.refuses = false;
  ASSERT_TRUE(followed.poll());
  EXPECT_EQ(texts(), Texts{"second"});
}

TEST_F(Journal, AMachineWithoutOneIsNoError) {
  JournalFollower followed({.host = "web1", .directory = directory_ + "/none", .state_file = ""}, sink_);
  EXPECT_TRUE(followed.poll());
}

}  // namespace
}  // namespace capstan::host
