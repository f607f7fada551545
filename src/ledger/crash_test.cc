// What the ledger promises when the process dies or the disk is full.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <map>

#include "ledger/lookup_index.h"
#include "ledger/test_ledger.h"

namespace capstan::ledger {
namespace {

using CrashTest = LedgerFixture;

// Appends batches of random size for ever and writes the last acknowledged number to the pipe after each.
[[noreturn]] void append_until_killed(const std::filesystem::path& file, int acknowledged, uint64_t seed) {
  SeededRandom random(seed);
  VirtualClock clock(from_unix_ms(0));
  // Small limits, so that checkpoints happen all the time.
  auto ledger = Ledger::open(file, {.checkpoint_bytes = 256 << 10}, clock, random);
  if (!ledger) _exit(2);
  for (;;) {
    std::vector<NewFact> batch(1 + random.below(200));
    for (NewFact& fact : batch) {
      fact = {.at = clock.now(),
              .kind = "k",
              .subject = fmt::format("s/{}", random.below(50)),
              .body = Json::object({{"text", std::string(random.below(500), 'x')}}),
              .cause = 0,
              .actor = "child"};
    }
    const auto seqs = (*ledger)->append(batch);
    if (!seqs) _exit(3);
    const Seq last = seqs->back();
    if (write(acknowledged, &last, sizeof last) != sizeof last) _exit(4);
  }
}

TEST_F(CrashTest, KeepsEverythingAcknowledgedWhenTheProcessIsKilledAtAnyMoment) {
  close();
  SeededRandom when(42);
  Seq acknowledged = 0;
  for (uint64_t round = 0; round < 15; ++round) {
    int pipes[2];
    ASSERT_EQ(pipe(pipes), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipes[0]);
      append_until_killed(file(), pipes[1], round);
    }
    ::close(pipes[1]);
    // Killed after a random number of acknowledgements, at a random point of the batch that follows.
    Seq seq = 0;
    for (uint64_t batches = 1 + when.below(40); batches > 0; --batches) {
      ASSERT_EQ(read(pipes[0], &seq, sizeof seq), ssize_t(sizeof seq)) << "the child failed";
      acknowledged = seq;
    }
    usleep(static_cast<useconds_t>(when.below(3'000)));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    while (read(pipes[0], &seq, sizeof seq) == ssize_t(sizeof seq)) acknowledged = seq;
    ::close(pipes[0]);

    open();
    EXPECT_GE(ledger().last_seq(), acknowledged);
    const Verification verified = must(ledger().verify());
    EXPECT_FALSE(verified.broken) << verified.broken->seq << ": " << verified.broken->reason;
    EXPECT_EQ(verified.last, ledger().last_seq());
    acknowledged = ledger().last_seq();
    close();
  }
}

TEST_F(CrashTest, FindsEveryFactOfASubjectAfterACrash) {
  close();
  int pipes[2];
  ASSERT_EQ(pipe(pipes), 0);
  const pid_t child = fork();
  if (child == 0) append_until_killed(file(), pipes[1], 7);
  ::close(pipes[1]);
  Seq seq = 0;
  while (seq < kSegmentFacts + 500) ASSERT_EQ(read(pipes[0], &seq, sizeof seq), ssize_t(sizeof seq));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  ::close(pipes[0]);

  open();
  std::map<std::string, std::vector<Seq>> expected;
  for (const Fact& fact : must(ledger().read_from(1, 1'000'000))) expected[fact.subject].push_back(fact.seq);
  ASSERT_EQ(expected.size(), 50u);
  for (const std::string subject : {"s/0", "s/17", "s/49"}) {
    const std::vector<Seq>& seqs = expected[subject];
    std::vector<Seq> found;
    for (const Fact& fact : must(ledger().by_subject(subject, 1'000'000))) found.push_back(fact.seq);
    std::reverse(found.begin(), found.end());
    EXPECT_EQ(found, seqs) << subject;
  }
}

void expect_full_then_well(Ledger& ledger, const std::function<NewFact()>& make,
                           const std::function<void()>& make_room) {
  Seq acknowledged = 0;
  Error error;
  for (int i = 0; i < 100'000; ++i) {
    const std::vector<NewFact> batch(20, make());
    auto seqs = ledger.append(batch);
    if (!seqs) {
      error = seqs.error();
      break;
    }
    acknowledged = seqs->back();
  }
  ASSERT_EQ(error.code, ErrorCode::kResourceExhausted) << error.message;
  ASSERT_GT(acknowledged, 0u);
  EXPECT_EQ(ledger.last_seq(), acknowledged);
  EXPECT_FALSE(must(ledger.verify()).broken);
  make_room();
  // Twice: the first may still find the old log, the second proves that it goes on.
  EXPECT_EQ(must(ledger.append_one(make())), acknowledged + 1);
  EXPECT_EQ(must(ledger.append_one(make())), acknowledged + 2);
  EXPECT_FALSE(must(ledger.verify()).broken);
}

NewFact large_fact() {
  return {.at = Time(),
          .kind = "k",
          .subject = "s",
          .body = Json::object({{"text", std::string(2'000, 'x')}}),
          .cause = 0,
          .actor = "test"};
}

TEST_F(CrashTest, RefusesFactsAtItsSizeLimitAndLosesNone) {
  close();
  open({.max_bytes = 2 << 20, .checkpoint_bytes = 64 << 10});
  Seq acknowledged = 0;
  for (;;) {
    const auto seq = ledger().append_one(large_fact());
    if (!seq) {
      EXPECT_EQ(seq.error().code, ErrorCode::kResourceExhausted) << seq.error().message;
      break;
    }
    acknowledged = *seq;
    ASSERT_LT(acknowledged, 10'000u);
  }
  EXPECT_GT(acknowledged, 100u);
  reopen();
  EXPECT_EQ(ledger().last_seq(), acknowledged);
  EXPECT_FALSE(must(ledger().verify()).broken);
  EXPECT_EQ(must(ledger().append_one(large_fact())), acknowledged + 1);
}

TEST_F(CrashTest, SurvivesAFullDiskAndGoesOnWhenThereIsRoom) {
  if (geteuid() != 0) GTEST_SKIP() << "mounting a small file system needs root";
  close();
  const std::filesystem::path small = directory() / "small";
  std::filesystem::create_directory(small);
  if (mount("tmpfs", small.c_str(), "tmpfs", 0, "size=8m") != 0) GTEST_SKIP() << "this machine allows no mounts";
  std::ofstream(small / "ballast") << std::string(2 << 20, 'x');
  {
    auto ledger = must(Ledger::open(small / "ledger.db", {.checkpoint_bytes = 128 << 10}, clock(), random()));
    expect_full_then_well(*ledger, large_fact, [&] { std::filesystem::remove(small / "ballast"); });
  }
  ASSERT_EQ(umount(small.c_str()), 0);
}

}  // namespace
}  // namespace capstan::ledger
