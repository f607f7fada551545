// Keeps the looks that the work judge needs, and adds up what it finds unproductive, process by process.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "connect/host/inet_sockets.h"
#include "connect/host/process_table.h"
#include "connect/host/work_judge.h"

namespace capstan::host {

// Not thread-safe.
class WorkTracker {
 public:
  // `sockets` may be null: then traffic over connections is not seen.
  WorkTracker(WorkRules rules, InetSockets* sockets) : rules_(rules), sockets_(sockets) {}

  // Call once after every look of the table, with the time of the look.
  void look(ProcessTable& table, Duration monotonic);

  // Processor time so far that got nothing done.
  double unproductive_seconds(const ProcessKey& key) const;
  // The same at the look before.
  double unproductive_seconds_before(const ProcessKey& key) const;
  // The last verdict on a process, as a sentence; "" when it was not busy lately.
  std::string verdict(const ProcessKey& key) const;
  const std::vector<WorkVerdict>& verdicts() const { return verdicts_; }

 private:
  struct Total {
    uint64_t counted_until_ms = 0;  // Of the process' own processor time: nothing is counted twice.
    double seconds = 0;
    double seconds_before = 0;
  };
  bool is_suspect(const Process& process, Duration interval) const;
  void take_snapshot(ProcessTable& table, Duration monotonic);
  void count(const ProcessTable& table);

  WorkRules rules_;
  std::vector<WorkSnapshot> snapshots_;  // Oldest first; no more than the window needs.
  std::unordered_map<ProcessKey, Total, ProcessKeyHash> totals_;
  std::vector<WorkVerdict> verdicts_;
  InetSockets* sockets_;
};

}  // namespace capstan::host
