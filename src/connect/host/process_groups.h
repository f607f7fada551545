// Processes summed by name, under process-exporter's metric names.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "connect/host/process_table.h"
#include "connect/host/sample_writer.h"

namespace capstan::host {

// The counters of a group sum what its processes used while they were watched, so they never go back when one of them
// ends, and a restart of Capstan is an ordinary counter reset. Not thread-safe.
class ProcessGroups {
 public:
  // Call once after every look of the table.
  void add(const ProcessTable& table, SampleWriter& out);

 private:
  struct Group {
    double user_seconds = 0;
    double system_seconds = 0;
    double read_bytes = 0;
    double written_bytes = 0;
    double minor_faults = 0;
    double major_faults = 0;
    double voluntary_switches = 0;
    double involuntary_switches = 0;
    // The rest is of this look only.
    uint64_t processes = 0;
    uint64_t threads = 0;
    uint64_t open_files = 0;
    uint64_t resident_bytes = 0;
    uint64_t virtual_bytes = 0;
    uint64_t swapped_bytes = 0;
    uint64_t running = 0;
    uint64_t sleeping = 0;
    uint64_t waiting = 0;
    uint64_t zombies = 0;
    uint64_t others = 0;
    double oldest_start = 0;
    uint64_t empty_looks = 0;
  };
  Group& group_of(const std::string& name);
  void count(const ProcessTable& table, const Process& process);
  void write(const std::string& name, const Group& group, SampleWriter& out) const;
  void forget_empty(SampleWriter& out);

  std::unordered_map<std::string, Group> groups_;
};

}  // namespace capstan::host
