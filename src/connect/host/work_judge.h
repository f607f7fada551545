// Tells work from waste: which processes burn processor time without getting anything done.
//
// It judges by what the kernel saw, never by names. Time is unproductive when a process kept a processor busy over the
// whole window and meanwhile moved nothing through files, storage, sockets or live pipes, touched no new memory, and
// started no children, and is no part of a job that does. A pure function: the same looks give the same verdict, so a
// verdict can be shown with its evidence and checked.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "connect/host/open_files.h"
#include "connect/host/process.h"

namespace capstan::host {

// One process at one moment. Counters are since its start.
struct WorkLook {
  ProcessKey key;
  int parent = 0;
  int session = 0;
  uid_t uid = 0;
  uint64_t program = 0;  // Equal for processes that run the same executable; 0 when not known.
  char state = '?';
  uint64_t cpu_ms = 0;
  uint64_t reaped_faults = 0;
  uint64_t reaped_ms = 0;
  uint64_t faults = 0;        // Minor ones: pages newly touched.
  uint64_t major_faults = 0;  // Pages read from storage.
  uint64_t resident_bytes = 0;
  ProcessIo io;
  OpenFiles open;             // Known only of processes worth the look.
  uint64_t socket_bytes = 0;  // Through its TCP connections that are open now.
};

// All processes of interest at one moment, sorted by key.
struct WorkSnapshot {
  Duration at{0};  // Monotonic.
  std::vector<WorkLook> processes;
};

// What counts as work, per second of processor time used.
struct WorkRules {
  Duration window{5'000};
  double busy_share = 0.70;         // Of a core, to be judged at all …
  double starved_share = 0.01;      // … or this, when it was ready to run at every look and got no more.
  double useful_bytes = 4096;       // Through files, storage or sockets.
  double useful_part = 0.01;        // And at least this part of all it moved: a log line is no excuse for /dev/null.
  double unseen_bytes = 256 << 10;  // Through files that were opened and closed between two looks.
  double faults = 40;               // Pages newly touched.
  double grown_bytes = 1 << 20;     // More memory than before.
  double reaped_faults = 100;       // Of children that ended; a child that does anything has hundreds.
  double reaped_share = 0.2;        // Processor time of children that ended, as part of its own.

  bool operator==(const WorkRules&) const = default;
};

struct WorkVerdict {
  ProcessKey key;
  double cpu_seconds = 0;  // Used in the window.
  double cpu_share = 0;    // Of one core.
  bool unproductive = false;
  std::string reason;  // "98 % of a core for 5 s: read nothing, wrote nothing, …" or what it got done.
};

// `window` holds at least two snapshots, oldest first. Gives a verdict on every process that was busy from the first to
// the last; on others nothing.
std::vector<WorkVerdict> judge_work(std::span<const WorkSnapshot> window, const WorkRules& rules);

}  // namespace capstan::host
