// Who fills the disks: what each process wrote into files, and which open files grow.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "connect/host/filesystems.h"
#include "connect/host/open_files.h"
#include "connect/host/process_table.h"
#include "connect/host/sample_writer.h"

namespace capstan::host {

// Storage counters know nothing of tmpfs, and what a process wrote in all includes /dev/null. So the growth of its open
// files is asked for where it wrote much. Not thread-safe.
class WriteTracker {
 public:
  // Call once after every look of the table.
  void look(ProcessTable& table, const std::vector<Filesystem>& filesystems);

  // Bytes into files since Capstan watches the process; and in the last interval.
  double written(const ProcessKey& key) const;
  double last_written(const ProcessKey& key) const;

  // capstan_filesystem_growing_file_bytes: size of files that grow by much, with who writes them.
  void add(SampleWriter& out);

 private:
  struct FileSeen {
    uint64_t inode = 0;
    dev_t device = 0;
    uint64_t size = 0;
    uint64_t position = 0;
  };
  struct Writer {
    double written = 0;
    double last = 0;
    std::vector<FileSeen> files;
    uint64_t looked = 0;
  };
  struct GrowingFile {
    std::string mountpoint;
    std::string path;
    std::string resource;
    std::string user;
    double bytes = 0;
    uint64_t grew_at = 0;  // The look.
  };
  double file_growth(ProcessTable& table, const Process& process, Writer& writer,
                     const std::vector<Filesystem>& filesystems);
  void note_growing(ProcessTable& table, const Process& process, const OpenFile& file,
                    const std::vector<Filesystem>& filesystems);

  std::unordered_map<ProcessKey, Writer, ProcessKeyHash> writers_;
  std::vector<GrowingFile> growing_;
  uint64_t looks_ = 0;
};

}  // namespace capstan::host
