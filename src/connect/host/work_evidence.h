// What one process did over a window, added up from the looks at it. Part of the work judge.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "connect/host/work_judge.h"

namespace capstan::host {

struct WorkEvidence {
  const WorkLook* first = nullptr;
  const WorkLook* last = nullptr;
  double seconds = 0;
  double cpu_seconds = 0;
  bool always_ready = true;  // State R at every look.
  bool files_known = false;  // Its open files were seen at two looks at least.
  double read_chars = 0;
  double written_chars = 0;
  double storage_bytes = 0;
  double file_bytes = 0;  // Advanced in regular files, and never more than it moved in all.
  double socket_bytes = 0;
  double switches = 0;  // Voluntary: it waited for something.
  int turnovers = 0;    // Between how many looks its regular files, directories or sockets changed.
  bool has_sockets = false;
  bool endless_input = false;  // May read from /dev/zero and the like.
  bool endless_output = false;
  std::vector<uint64_t> pipes_in;
  std::vector<uint64_t> pipes_out;
  double faults = 0;
  double major_faults = 0;
  double grown_bytes = 0;
  double reaped_faults = 0;
  double reaped_seconds = 0;

  double moved() const { return read_chars + written_chars; }
};

// `looks` are those at one process, oldest first, at least two.
WorkEvidence gather_evidence(std::span<const WorkLook* const> looks, double seconds);

// What it got done by itself, as a sentence; "" for nothing.
std::string own_work(const WorkEvidence& evidence, const WorkRules& rules);

// "98 % of a core for 5 s: read nothing, wrote 3.1 GB to /dev/null or nowhere lasting, touched no memory, …".
std::string describe_idling(const WorkEvidence& evidence);

}  // namespace capstan::host
