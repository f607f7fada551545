// What a crash and a full disk do to the metric store: with real processes and a real small disk.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "telemetry/metrics/metric_store.h"
#include "telemetry/storage/temporary_directory.h"

namespace capstan::telemetry {
namespace {

constexpr int64_t kStart = 1'767'225'600'000;

size_t count_samples(const MetricStore& store) {
  size_t count = 0;
  const Result<std::vector<SelectedSeries>> selected = store.select({}, 0, kStart * 2, 10'000'000);
  for (const SelectedSeries& one : *selected) count += one.samples.size();
  return count;
}

// Runs in a child process: appends, says so through the pipe, and waits to be killed.
[[noreturn]] void append_and_wait(const std::filesystem::path& directory, const Clock& clock, bool background,
                                  int pipe_out) {
  MetricStoreOptions options;
  options.background = background;
  options.flush_interval = Duration(50);
  auto store = MetricStore::open(directory, options, clock);
  bool good = store.has_value();
  for (int i = 0; good && i < 5000; ++i) {
    good = (*store)->append({{Labels{{"x", std::to_string(i % 100)}}, {kStart + i, 1.0 * i}}}).has_value();
  }
  if (good && !background) good = (*store)->write().has_value();
  const char answer = good ? 'y' : 'n';
  static_cast<void>(!::write(pipe_out, &answer, 1));
  while (true) ::pause();
}

// The directory as a child left it that was killed `wait_ms` after its last append.
void fill_and_kill(const std::filesystem::path& directory, const Clock& clock, bool background, int wait_ms) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) append_and_wait(directory, clock, background, ends[1]);
  ::close(ends[1]);
  char answer = 0;
  EXPECT_EQ(::read(ends[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  ::close(ends[0]);
  if (wait_ms > 0) ::usleep(static_cast<useconds_t>(wait_ms) * 1000);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST(MetricStoreDurability, WrittenSamplesSurviveKill9) {
  const TemporaryDirectory directory;
  const VirtualClock clock(from_unix_ms(kStart + 10'000));
  fill_and_kill(directory.path(), clock, false, 0);
  MetricStoreOptions options;
  options.background = false;
  const auto store = MetricStore::open(directory.path(), options, clock);
  ASSERT_TRUE(store) << store.error().to_string();
  EXPECT_EQ(count_samples(**store), 5000U);
  EXPECT_EQ((*store)->stats().replay_lost_bytes, 0U);
}

TEST(MetricStoreDurability, SamplesSurviveKill9OnceTheFlushIntervalHasPassed) {
  const TemporaryDirectory directory;
  const VirtualClock clock(from_unix_ms(kStart + 10'000));
  fill_and_kill(directory.path(), clock, true, 1500);  // Thirty intervals, for slow machines.
  MetricStoreOptions options;
  options.background = false;
  const auto store = MetricStore::open(directory.path(), options, clock);
  ASSERT_TRUE(store) << store.error().to_string();
  EXPECT_EQ(count_samples(**store), 5000U);
}

// Prints what is wrong and ends the child with a failure.
#define CHILD_EXPECT(condition)                                            \
  do {                                                                     \
    if (!(condition)) {                                                    \
      std::fprintf(stderr, "line %d: not so: %s\n", __LINE__, #condition); \
      ::_exit(1);                                                          \
    }                                                                      \
  } while (false)

void fill_disk(const std::filesystem::path& path) {
  std::ofstream file(path, std::ios::binary);
  const std::string block(4096, 'x');
  while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
  }
}

// Runs in a child process whose `directory` is a disk of 1 MiB that only it sees.
[[noreturn]] void live_on_a_full_disk(const std::filesystem::path& directory) {
  const VirtualClock clock(from_unix_ms(kStart + 1'000'000));
  MetricStoreOptions options;
  options.background = false;
  auto opened = MetricStore::open(directory / "store", options, clock);
  CHILD_EXPECT(opened);
  MetricStore& store = **opened;
  CHILD_EXPECT(store.append({{Labels{{"x", "a"}}, {kStart, 1}}}));
  CHILD_EXPECT(store.flush());
  fill_disk(directory / "ballast");

  // Enough to reach beyond what is left in the last page of the log.
  std::vector<SeriesSample> many;
  for (int i = 1; i <= 10'000; ++i) many.push_back({Labels{{"x", "a"}}, {kStart + i, 1.0 * i}});
  CHILD_EXPECT(store.append(many));
  const Status flushed = store.flush();
  CHILD_EXPECT(!flushed);
  CHILD_EXPECT(flushed.error().code == ErrorCode::kResourceExhausted);
  CHILD_EXPECT(flushed.error().message.find("No space left on device") != std::string::npos);
  const Status written = store.write();
  CHILD_EXPECT(!written && written.error().code == ErrorCode::kUnavailable);
  const Status appended = store.append({{Labels{{"x", "a"}}, {kStart + 20'000, 1}}});
  CHILD_EXPECT(!appended);
  CHILD_EXPECT(appended.error().code == ErrorCode::kUnavailable);
  CHILD_EXPECT(appended.error().message.find("No space left on device") != std::string::npos);
  CHILD_EXPECT(!store.checkpoint_all());
  CHILD_EXPECT(count_samples(store) == 10'001);
  CHILD_EXPECT(store.stats().samples_refused == 1);
  CHILD_EXPECT(!store.stats().last_error.empty());

  std::filesystem::remove(directory / "ballast");
  CHILD_EXPECT(store.append({{Labels{{"x", "a"}}, {kStart + 20'000, 1}}}));
  CHILD_EXPECT(store.flush());
  CHILD_EXPECT(store.stats().last_error.empty());
  opened->reset();
  auto again = MetricStore::open(directory / "store", options, clock);
  CHILD_EXPECT(again);
  CHILD_EXPECT(count_samples(**again) == 10'002);
  CHILD_EXPECT((*again)->stats().replay_lost_bytes == 0);
  ::_exit(0);
}

TEST(MetricStoreDurability, AFullDiskIsToldAndRecoveredFromWhenSpaceReturns) {
  constexpr int kCannotMount = 77;
  const TemporaryDirectory directory;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // A mount of its own, seen by nobody else and gone with the process; without root in a user namespace.
    const bool apart = ::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
    if (!apart || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", directory.path().c_str(), "tmpfs", 0, "size=1m") != 0) {
      ::_exit(kCannotMount);
    }
    live_on_a_full_disk(directory.path());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kCannotMount) GTEST_SKIP() << "this system lets nobody mount a small disk";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace capstan::telemetry
