// A process between Capstan and a program that it runs, so that everything ends that the program has started: also what
// has left its process group, and also when Capstan dies. Nobody but base/subprocess.cc includes this.
//
// Orphans below it become its children (PR_SET_CHILD_SUBREAPER, prctl(2)), so whatever the program leaves behind can be
// found and ended, however it was detached. It holds none of Capstan's descriptors and takes no signals: it acts upon
// orders, and upon the end of who gives them.
#pragma once

#include <array>
#include <cstdint>

#include "base/program_start.h"

namespace capstan::program_start {

// Orders, a byte each.
inline constexpr char kEndIt = 'T';   // SIGTERM to the program and what it has left behind.
inline constexpr char kKillIt = 'K';  // SIGKILL to all of it.

// What a keeper says at its end.
struct Verdict {
  int wait_status;  // Of the program, as waitpid(2) gives it.
  int left_some;    // 1: something could not be ended.
};

// All descriptors as the keeper knows them.
struct Keeping {
  std::array<int, 3> streams;  // The program's.
  std::array<int, 2> outputs;  // Where Capstan reads what it prints.
  int report;                  // Where a failed start is told.
  int orders;                  // A stream socket; its other end is Capstan's, and closed when Capstan ends.
  int verdict;
  int record;     // -1 for none: how the program ended is appended here.
  int64_t grace;  // Milliseconds between SIGTERM and SIGKILL when Capstan has died.
};

// Runs in the forked child, so only async-signal-safe calls are made. Begins when the first order comes, whatever it
// is.
[[noreturn]] void keep_program(Prepared& prepared, const Keeping& keeping);

}  // namespace capstan::program_start
