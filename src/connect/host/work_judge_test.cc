#include "connect/host/work_judge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace capstan::host {
namespace {

constexpr int kPid = 100;

WorkLook look_at(int pid, int parent = 1) {
  WorkLook look;
  look.key = {pid, 7};
  look.parent = parent;
  look.session = 50;
  look.state = 'R';
  look.io.known = true;
  look.open.known = look.open.complete = true;
  return look;
}

OpenFile file(int fd, FileKind kind, uint64_t inode, bool writable) {
  OpenFile opened;
  opened.fd = fd;
  opened.kind = kind;
  opened.inode = inode;
  opened.readable = !writable;
  opened.writable = writable;
  return opened;
}

// Six looks, a second apart; `act` says what each process did up to look i, and the CPU it used is a second a look.
std::vector<WorkSnapshot> watch(std::vector<WorkLook> processes, const std::function<void(WorkLook&, uint64_t)>& act) {
  std::vector<WorkSnapshot> window;
  for (uint64_t i = 0; i <= 5; ++i) {
    WorkSnapshot snapshot{.at = Duration(static_cast<int64_t>(i) * 1000), .processes = processes};
    for (WorkLook& look : snapshot.processes) {
      look.cpu_ms = i * 980;
      act(look, i);
    }
    window.push_back(std::move(snapshot));
  }
  return window;
}

WorkVerdict verdict_on(const std::vector<WorkSnapshot>& window, int pid = kPid) {
  for (const WorkVerdict& verdict : judge_work(window, WorkRules{})) {
    if (verdict.key.pid == pid) return verdict;
  }
  ADD_FAILURE() << "no verdict on " << pid;
  return {};
}

TEST(WorkJudge, AnEndlessLoopIsUnproductiveAndTheVerdictSaysWhy) {
  const WorkVerdict verdict = verdict_on(watch({look_at(kPid)}, [](WorkLook&, uint64_t) {}));
  EXPECT_TRUE(verdict.unproductive);
  EXPECT_NEAR(verdict.cpu_seconds, 4.9, 1e-9);
  EXPECT_EQ(
      verdict.reason,
      "98 % of a core for 5 s: read nothing, wrote nothing, nothing through files, 0 new pages of memory, no children");
}

TEST(WorkJudge, IdleProcessesAreNotJudged) {
  const auto window = watch({look_at(kPid)}, [](WorkLook& look, uint64_t i) {
    look.cpu_ms = i * 100;
    look.state = 'S';
  });
  EXPECT_TRUE(judge_work(window, WorkRules{}).empty());
}

TEST(WorkJudge, AStarvedLoopIsToldByBeingReadyAtEveryLook) {
  const auto window = watch({look_at(kPid)}, [](WorkLook& look, uint64_t i) { look.cpu_ms = i * 100; });
  EXPECT_TRUE(verdict_on(window).unproductive);
}

TEST(WorkJudge, ReadingAFileIsWork) {
  const auto window = watch({look_at(kPid)}, [](WorkLook& look, uint64_t i) {
    look.open.files = {file(3, FileKind::kRegular, 9, false)};
    look.open.files[0].position = look.io.read_chars = i << 20;
  });
  EXPECT_FALSE(verdict_on(window).unproductive);
}

TEST(WorkJudge, WritingToNowhereIsNoWorkEvenWithALogLineNowAndThen) {
  const auto window = watch({look_at(kPid)}, [](WorkLook& look, uint64_t i) {
    look.open.files = {file(1, FileKind::kEndless, 4, true), file(2, FileKind::kRegular, 9, true)};
    look.io.written_chars = i << 30;
    look.open.files[1].position = look.open.files[1].size = i * 50'000;  // Its parent's log, shared.
  });
  EXPECT_TRUE(verdict_on(window).unproductive);
}

TEST(WorkJudge, ReadingWithoutEndIsNoWork) {
  const auto window = watch({look_at(kPid)}, [](WorkLook& look, uint64_t i) {
    look.open.files = {file(3, FileKind::kEndless, 5, false)};
    look.io.read_chars = i << 28;
  });
  EXPECT_TRUE(verdict_on(window).unproductive);
}

TEST(WorkJudge, AnInputThatIsDevNullExplainsNoReading) {
  const auto window = watch({look_at(kPid)}, [](WorkLook& look, uint64_t i) {
    look.open.files = {file(0, FileKind::kEndless, 4, false)};
    look.open.files[0].gives_nothing = true;
    look.io.read_chars = i << 22;  // Of files that were opened and closed between the looks.
  });
  EXPECT_FALSE(verdict_on(window).unproductive);
}

TEST(WorkJudge, APipeWhoseOtherEndMovesNothingIsNoWork) {
  const auto window = watch({look_at(kPid), look_at(101)}, [](WorkLook& look, uint64_t i) {
    const bool writer = look.key.pid == kPid;
    look.open.files = {file(writer ? 1 : 0, FileKind::kPipe, 77, writer)};
    (writer ? look.io.written_chars : look.io.read_chars) = i << 28;
  });
  EXPECT_TRUE(verdict_on(window).unproductive);
  EXPECT_TRUE(verdict_on(window, 101).unproductive);
}

TEST(WorkJudge, CompressingWhatAnotherReadsFromFilesIsWork) {
  const auto window = watch({look_at(kPid), look_at(101)}, [](WorkLook& look, uint64_t i) {
    const bool archiver = look.key.pid == 101;
    look.open.files = {file(archiver ? 1 : 0, FileKind::kPipe, 77, archiver)};
    if (!archiver) {
      look.open.files.push_back(file(1, FileKind::kEndless, 4, true));
      look.io.read_chars = i << 24;
      look.io.written_chars = i << 20;
      return;
    }
    look.cpu_ms = i * 50;
    look.io.written_chars = look.io.read_chars = i << 24;
    look.open.files.push_back(file(3, FileKind::kRegular, 200 + i, false));
    look.open.files.back().position = 1 << 24;
  });
  EXPECT_FALSE(verdict_on(window).unproductive) << verdict_on(window).reason;
}

TEST(WorkJudge, AnIdlePipeToAWorkingParentIsNoExcuse) {
  const auto window = watch({look_at(kPid), look_at(101)}, [](WorkLook& look, uint64_t i) {
    const bool burner = look.key.pid == kPid;
    look.open.files = {file(burner ? 2 : 5, FileKind::kPipe, 77, burner)};
    if (burner) return;
    look.open.files.push_back(file(3, FileKind::kRegular, 9, true));
    look.open.files[1].position = look.io.written_chars = i << 22;
  });
  EXPECT_TRUE(verdict_on(window).unproductive);
}

TEST(WorkJudge, TouchingNewMemoryStartingChildrenAndTrafficAreWork) {
  const std::function<void(WorkLook&, uint64_t)> works[] = {
      [](WorkLook& look, uint64_t i) { look.faults = i * 1000; },
      [](WorkLook& look, uint64_t i) { look.resident_bytes = i << 24; },
      [](WorkLook& look, uint64_t i) { look.reaped_faults = i * 1000; },
      [](WorkLook& look, uint64_t i) { look.io.read_bytes = i << 20; },
      [](WorkLook& look, uint64_t i) {
        look.open.files = {file(5, FileKind::kSocket, 3, true)};
        look.socket_bytes = i << 16;
      },
      [](WorkLook& look, uint64_t i) { look.open.files = {file(5, FileKind::kDirectory, i, false)}; },
  };
  for (const auto& act : works) EXPECT_FALSE(verdict_on(watch({look_at(kPid)}, act)).unproductive);
}

TEST(WorkJudge, ACompilerBetweenPhasesIsExcusedByItsCousins) {
  WorkLook make = look_at(60);
  WorkLook idle = look_at(kPid, 60);
  WorkLook busy = look_at(101, 60);
  idle.program = busy.program = 5;
  const auto act = [](WorkLook& look, uint64_t i) {
    if (look.key.pid == 60) look.cpu_ms = 0;
    if (look.key.pid == 101) look.faults = i * 1000;
  };
  EXPECT_FALSE(verdict_on(watch({make, idle, busy}, act)).unproductive);
  idle.program = 6;  // Another program that the same shell started is no cousin.
  EXPECT_TRUE(verdict_on(watch({make, idle, busy}, act)).unproductive);
}

TEST(WorkJudge, WhatCannotBeLookedIntoIsNotAccused) {
  const auto window = watch({look_at(kPid)}, [](WorkLook& look, uint64_t) { look.open = {}; });
  EXPECT_FALSE(verdict_on(window).unproductive);
}

TEST(WorkJudge, OnlyWhoWasThereTheWholeWindowIsJudged) {
  auto window = watch({look_at(kPid)}, [](WorkLook&, uint64_t) {});
  window.front().processes.clear();
  EXPECT_TRUE(judge_work(window, WorkRules{}).empty());
  EXPECT_TRUE(judge_work({}, WorkRules{}).empty());
}

}  // namespace
}  // namespace capstan::host
