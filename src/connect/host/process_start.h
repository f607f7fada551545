// How a process was started, and what it may use: what its configuration depends on.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connect/host/kernel_files.h"

namespace capstan::host {

struct ProcessStart {
  std::vector<std::string> arguments;
  std::string directory;  // "" where it may not be seen.
  std::string root;       // "" for the machine's own, else "/proc/42/root".
  std::optional<int64_t> open_files_limit;
  std::optional<int64_t> memory_limit;  // Bytes: of its control group or its address space, the smaller one.
};

// Not masked: never to be shown.
ProcessStart read_process_start(KernelFiles& proc, const std::string& proc_root, int pid);

// All variables; nothing where they may not be read. Not masked: never to be kept.
std::optional<std::map<std::string, std::string, std::less<>>> read_process_environment(KernelFiles& proc, int pid);

}  // namespace capstan::host
