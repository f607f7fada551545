// Mounted filesystems: where, of what, how full.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connect/host/kernel_files.h"
#include "connect/host/sample_writer.h"

namespace capstan::host {

struct Filesystem {
  std::string mountpoint;
  std::string device;          // "/dev/vda", "tmpfs"
  std::string device_numbers;  // "254:0"
  dev_t device_id = 0;         // As stat shows it for files within.
  std::string type;            // "ext4"
  bool read_only = false;
  bool device_error = false;  // The sizes below could not be asked for and mean nothing.
  uint64_t size = 0;          // Bytes, here and below.
  uint64_t free = 0;
  uint64_t available = 0;  // To other users than root.
  uint64_t files = 0;
  uint64_t files_free = 0;
};

// Parses /proc/self/mountinfo. Pseudo filesystems and the mounts of containers are left out, as node_exporter does; of
// several mounts on one mountpoint the last, which hides the others, is kept.
std::vector<Filesystem> parse_mounts(std::string_view mountinfo);

// Asks filesystems for their sizes. One that does not answer (a dead NFS server blocks who asks, unkillably) is asked
// on a thread of its own, which is left behind if need be, and is shown with `device_error` meanwhile. Not thread-safe.
class Filesystems {
 public:
  std::vector<Filesystem> list(KernelFiles& proc);

 private:
  class RemoteQuestion;
  void measure_remote(Filesystem& filesystem);

  std::map<std::string, std::shared_ptr<RemoteQuestion>> remote_;
};

void add_filesystem_metrics(const std::vector<Filesystem>& filesystems, SampleWriter& out);

}  // namespace capstan::host
