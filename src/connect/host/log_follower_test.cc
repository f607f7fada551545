#include "connect/host/log_follower.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/crypto.h"

namespace capstan::host {
namespace {

class KeptLines final : public LogSink {
 public:
  Status append(std::vector<LogLine> lines) override {
    if (full) return fail(ErrorCode::kUnavailable, "no space left on device");
    for (LogLine& line : lines) lines_.push_back(std::move(line));
    return {};
  }
  std::vector<std::string> take() {
    std::vector<std::string> texts;
    for (const LogLine& line : lines_) texts.push_back(line.text);
    lines_.clear();
    return texts;
  }
  std::vector<LogLine> lines_;
  bool full = false;
};

using Texts = std::vector<std::string>;

class LogFollowerTest : public testing::Test {
 protected:
  void SetUp() override {
    start_crypto();
    char name[] = "/tmp/capstan-log-XXXXXX";
    directory_ = ::mkdtemp(name);
    follower_ = std::make_unique<LogFollower>(options(), sink_, clock_);
    poll();
  }
  ~LogFollowerTest() override { std::filesystem::remove_all(directory_); }

  LogFollowerOptions options() const {
    LogFollowerOptions options;
    options.host = "web1";
    options.sources = {{directory_ + "/**/*.log", {{"app", "shop"}}}};
    options.state_file = directory_ + "/positions.json";
    options.lines_per_second = 100;
    return options;
  }
  Texts poll() {
    clock_.advance(Duration(6'000));  // New files are looked for every five seconds.
    EXPECT_TRUE(follower_->poll());
    return sink_.take();
  }
  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  void write(const std::string& name, std::string_view text, std::ios::openmode mode = std::ios::app) {
    std::ofstream(path(name), mode) << text;
  }

  VirtualClock clock_{from_unix_ms(1'700'000'000'000)};
  KeptLines sink_;
  std::string directory_;
  std::unique_ptr<LogFollower> follower_;
};

TEST_F(LogFollowerTest, GivesWhatIsAppendedWithItsLabels) {
  write("a.log", "ERROR: it broke\n");
  clock_.advance(Duration(6'000));
  ASSERT_TRUE(follower_->poll());
  ASSERT_EQ(sink_.lines_.size(), 1u);
  const Labels& labels = sink_.lines_[0].labels;
  EXPECT_EQ(labels.get("filename"), path("a.log"));
  EXPECT_EQ(labels.get("level"), "error");
  EXPECT_EQ(labels.get("app"), "shop");
  EXPECT_EQ(labels.get("resource"), "host_log_file/web1:" + path("a.log"));
}

TEST_F(LogFollowerTest, KeepsWhatCannotBeTakenNow) {
  sink_.full = true;
  write("a.log", "one\n");
  clock_.advance(Duration(6'000));
  EXPECT_FALSE(follower_->poll());
  write("a.log", "two\n");
  EXPECT_FALSE(follower_->poll());
  sink_.full = false;
  EXPECT_EQ(poll(), (Texts{"one", "two"}));

  sink_.full = true;
  write("a.log", "three\n");
  clock_.advance(Duration(6'000));
  EXPECT_FALSE(follower_->poll());
  follower_ = std::make_unique<LogFollower>(options(), sink_, clock_);  // Stopped meanwhile.
  sink_.full = false;
  EXPECT_EQ(poll(), Texts{"three"});
}

TEST_F(LogFollowerTest, TheHistoryOfAFileIsNotNews) {
  write("old.log", "long ago\n");
  std::filesystem::remove(path("positions.json"));
  LogFollowerOptions options;
  options.sources = {{directory_ + "/*.log", {}}};
  LogFollower fresh(std::move(options), sink_, clock_);
  ASSERT_TRUE(fresh.poll());
  EXPECT_EQ(sink_.take(), Texts{});
  write("old.log", "now\n");
  ASSERT_TRUE(fresh.poll());
  EXPECT_EQ(sink_.take(), Texts{"now"});
}

TEST_F(LogFollowerTest, ALineIsGivenWhenItsEndHasCome) {
  write("a.log", "half ");
  EXPECT_EQ(poll(), Texts{});
  write("a.log", "a line\nnext");
  EXPECT_EQ(poll(), Texts{"half a line"});
}

TEST_F(LogFollowerTest, NothingIsLostOrGivenTwiceAcrossARestart) {
  write("a.log", "one\npart");
  EXPECT_EQ(poll(), Texts{"one"});
  follower_.reset();
  write("a.log", "ial\ntwo\n");
  std::filesystem::last_write_time(path("positions.json"),
                                   std::filesystem::file_time_type::clock::now() - Duration(1'000));
  write("new.log", "of a file that is new\n");
  LogFollower again(options(), sink_, clock_);
  ASSERT_TRUE(again.poll());
  EXPECT_EQ(sink_.take(), (Texts{"partial", "two", "of a file that is new"}));
}

TEST_F(LogFollowerTest, RotationByRenamingLosesNothing) {
  write("a.log", "one\n");
  EXPECT_EQ(poll(), Texts{"one"});
  write("a.log", "last of the old\n");
  std::filesystem::rename(path("a.log"), path("a.log.1"));
  write("a.log.1", "written after the renaming\n");
  EXPECT_EQ(poll(), (Texts{"last of the old", "written after the renaming"}));
  write("a.log.1", "even later\n");
  write("a.log", "first of the new\n");
  EXPECT_EQ(poll(), Texts{"even later"});
  EXPECT_EQ(poll(), Texts{"first of the new"});
}

TEST_F(LogFollowerTest, TruncationStartsTheFileAnew) {
  write("a.log", "one two three\n");
  EXPECT_EQ(poll(), Texts{"one two three"});
  write("a.log", "x\n", std::ios::trunc);
  EXPECT_EQ(poll(), Texts{"x"});
}

TEST_F(LogFollowerTest, TruncationIsSeenEvenWhenTheFileHasGrownBeyondSince) {
  write("a.log", "one\n");
  EXPECT_EQ(poll(), Texts{"one"});
  write("a.log", "another beginning\nand more\n", std::ios::trunc);
  EXPECT_EQ(poll(), (Texts{"another beginning", "and more"}));
}

TEST_F(LogFollowerTest, AStackTraceIsOneLine) {
  write("a.log", "Exception: no\n  at a\n\tat b\nnext\n");
  EXPECT_EQ(poll(), (Texts{"Exception: no\n  at a\n\tat b", "next"}));
}

TEST_F(LogFollowerTest, WhatFollowsADatedErrorWithoutATimeBelongsToIt) {
  write("a.log", "10:00:00 SEVERE threw exception [at line [6]\n\n6: x();\nStacktrace:] with root cause\n\tat f\n");
  EXPECT_EQ(poll(),
            Texts{"10:00:00 SEVERE threw exception [at line [6]\n6: x();\nStacktrace:] with root cause\n\tat f"});
  write("a.log", "10:00:01 INFO well\nplain\n10:00:02 ERROR bad\n{\"a\": 1}\n");
  EXPECT_EQ(poll(), (Texts{"10:00:01 INFO well", "plain", "10:00:02 ERROR bad", "{\"a\": 1}"}));
}

TEST_F(LogFollowerTest, AFloodIsCutAndTold) {
  std::string flood;
  for (int i = 0; i < 1000; ++i) flood += "again\n";
  write("a.log", flood);
  const Texts taken = poll();
  ASSERT_EQ(taken.size(), 301u);  // Three seconds' worth at once, and the line that tells.
  EXPECT_EQ(taken.back(), "suppressed 700 lines: more than 100 a second");
  ASSERT_EQ(follower_->files().size(), 1u);
  EXPECT_EQ(follower_->files()[0].suppressed_lines, 700u);
}

TEST_F(LogFollowerTest, GarbageBecomesText) {
  write("a.log", std::string_view("\x1b[31mred\x1b[0m \xff\xfe\x00 ok\r\n", 21));
  EXPECT_EQ(poll(), Texts{"red \xEF\xBF\xBD  ok"});
  write("a.log", std::string(200'000, 'y') + "\nafter\n");
  const Texts taken = poll();
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_LT(taken[0].size(), 17'000u);
  EXPECT_EQ(taken[1], "after");
}

}  // namespace
}  // namespace capstan::host
