// A process as the kernel shows it, and how it is named for all time.
#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "model/resource.h"

namespace capstan::host {

// A pid alone is used again; with the start time it names one process of this boot.
struct ProcessKey {
  int pid = 0;
  uint64_t start_ticks = 0;  // Clock ticks (10 ms) after boot.

  auto operator<=>(const ProcessKey&) const = default;
};

struct ProcessKeyHash {
  size_t operator()(const ProcessKey& key) const {
    return static_cast<size_t>(key.start_ticks * 0x9e3779b97f4a7c15ULL) ^ static_cast<size_t>(key.pid);
  }
};

// Numbers of /proc/PID/stat: cheap, read of every process at every look.
struct ProcessStat {
  ProcessKey key;
  int parent = 0;
  int group = 0;
  int session = 0;
  char state = '?';        // R, S, D, Z, T, …
  bool is_kernel = false;  // A thread of the kernel.
  int nice = 0;
  int64_t threads = 0;
  uint64_t user_ms = 0;  // CPU time since the start, here and below.
  uint64_t system_ms = 0;
  uint64_t reaped_ms = 0;  // Of ended children that were waited for.
  uint64_t minor_faults = 0;
  uint64_t major_faults = 0;
  uint64_t reaped_faults = 0;
  uint64_t virtual_bytes = 0;
  uint64_t resident_bytes = 0;

  uint64_t cpu_ms() const { return user_ms + system_ms; }
};

// Numbers of /proc/PID/io, status and fd: dearer, read of those that do something and of the others in turns.
struct ProcessIo {
  uint64_t read_chars = 0;  // What read() and the like gave, from whatever source.
  uint64_t written_chars = 0;
  uint64_t read_bytes = 0;     // What had to come from storage.
  uint64_t written_bytes = 0;  // What is to go to storage; cancelled writes taken off.
  uint64_t swapped_bytes = 0;
  uint64_t voluntary_switches = 0;
  uint64_t involuntary_switches = 0;
  uint64_t open_files = 0;
  bool known = false;
};

// What hardly ever changes.
struct ProcessIdentity {
  std::string executable;  // "" for a process that is not ours to look into.
  std::string command;     // The arguments, secrets masked; at most 512 bytes.
  uid_t uid = 0;
  std::string user;
  std::string cgroup;
  bool known = false;
};

// Parses a line of /proc/PID/stat; false for one that is cut. `comm` points into the line.
bool parse_stat(std::string_view line, ProcessStat& stat, std::string_view& comm);

// "host_process/7f3ac1d2-4211-885531".
ResourceId process_resource(std::string_view boot, const ProcessKey& key);
// Back again; nothing when it is no process of this form.
struct NamedProcess {
  std::string boot;
  ProcessKey key;
};
std::optional<NamedProcess> parse_process_resource(std::string_view id);

// The first eight digits of this boot's random id.
Result<std::string> read_boot_name(const std::string& proc_root);

}  // namespace capstan::host
