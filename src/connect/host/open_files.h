// What a process has open, and where it is in it: the kernel's evidence of what it reads and writes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "connect/host/kernel_files.h"

namespace capstan::host {

enum class FileKind {
  kRegular,
  kDirectory,
  kPipe,
  kSocket,
  kEndless,  // /dev/null, zero, full, random, urandom: takes or gives without end, so that moving bytes means nothing.
  kTerminal,
  kOther,  // Files of /proc, event and timer descriptors, other devices.
};

struct OpenFile {
  int fd = -1;
  FileKind kind = FileKind::kOther;
  bool readable = false;
  bool writable = false;
  bool gives_nothing = false;  // /dev/null: endless to write to, but at its end to read.
  uint64_t inode = 0;
  dev_t device = 0;  // Of the filesystem that holds it.
  uint64_t position = 0;
  uint64_t size = 0;
  uint64_t disk_bytes = 0;  // What its blocks take.
  int64_t modified_ns = 0;
};

struct OpenFiles {
  std::vector<OpenFile> files;
  bool known = false;     // The process let us look.
  bool complete = false;  // Not cut at the limit.
};

// The files of a process, at most `limit`. Filesystems are not asked to refresh what they know, so a dead file server
// blocks nobody. Not thread-safe, as `proc` is not.
OpenFiles read_open_files(KernelFiles& proc, int pid, size_t limit = 256);

// The path of an open file; "" when it cannot be told. A deleted file ends in " (deleted)".
std::string open_file_path(KernelFiles& proc, int pid, int fd);

}  // namespace capstan::host
