// Series of single processes: bounded to those that matter, so that a machine with thousands stays readable.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "connect/host/process_table.h"
#include "connect/host/sample_writer.h"
#include "connect/host/work_tracker.h"
#include "connect/host/write_tracker.h"

namespace capstan::host {

struct ProcessSeriesLimits {
  size_t most = 50;                // Processes shown at once.
  double cpu_share = 0.02;         // Of a core: below it a process is idle …
  double memory_share = 0.02;      // … and it holds less than this part of the memory …
  double grown_bytes = 8 << 20;    // … and grew by less than this a second …
  double written_bytes = 1 << 20;  // … and wrote less than this a second.
  uint64_t quiet_looks = 60;       // So many looks after it became idle its series end.
};

// Not thread-safe.
class ProcessSeries {
 public:
  ProcessSeries(ProcessSeriesLimits limits, uint64_t memory_bytes) : limits_(limits), memory_bytes_(memory_bytes) {}

  // Call once after every look.
  void add(ProcessTable& table, const WorkTracker& work, const WriteTracker& writes, SampleWriter& out);

 private:
  struct Shown {
    std::vector<Labels> series;  // cpu, unproductive, resident, written
    uint64_t active_look = 0;
  };
  double weight(const Process& process, double seconds, const WriteTracker& writes) const;
  Shown start(const ProcessTable& table, const Process& process, const WorkTracker& work, const WriteTracker& writes,
              SampleWriter& out) const;
  void stop(const Shown& shown, SampleWriter& out) const;
  void choose(ProcessTable& table, const WorkTracker& work, const WriteTracker& writes, SampleWriter& out);

  ProcessSeriesLimits limits_;
  uint64_t memory_bytes_;
  std::unordered_map<ProcessKey, Shown, ProcessKeyHash> shown_;
  int64_t last_at_ms_ = 0;
};

}  // namespace capstan::host
