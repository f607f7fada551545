// How processes ended, as the kernel's process connector tells: exit codes and signals that nobody else would see.
#pragma once

#include <string>
#include <unordered_map>

#include "base/file_handle.h"
#include "base/json.h"
#include "base/result.h"
#include "connect/host/process.h"

namespace capstan::host {

// Needs root (or CAP_NET_ADMIN) in the first network namespace; without it the rest of the connector works on. Not
// thread-safe.
class ProcessEvents {
 public:
  static Result<ProcessEvents> open();

  // Takes what the kernel told since the last call. Ends of the last minutes are kept, at most 20,000.
  void take();

  // How the process with this pid ended: {"exit_status": 1} or {"exit_signal": 9, "exit_signal_name": "SIGKILL"}; null
  // when it is not known. An answer is given once.
  Json take_end(int pid);
  // The same without taking it.
  Json peek_end(int pid) const;

  // The kernel told more than could be taken, so some ends are not known.
  bool lost_events() const { return lost_; }

 private:
  explicit ProcessEvents(FileHandle socket) : socket_(std::move(socket)) {}

  FileHandle socket_;
  std::unordered_map<int, int> wait_status_;  // By pid, as wait() would give it.
  bool lost_ = false;
};

}  // namespace capstan::host
