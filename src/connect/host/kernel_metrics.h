// What the kernel says of the whole machine, under node_exporter's names: processors, memory, load, pressure, paging.
#pragma once

#include <map>
#include <string>

#include "connect/host/kernel_files.h"
#include "connect/host/sample_writer.h"

namespace capstan::host {

// /proc/stat. Keeps what it saw, because the kernel's idle and iowait times may jump back a little and a counter must
// not. One instance a machine.
class CpuMetrics {
 public:
  void add(KernelFiles& proc, SampleWriter& out);

 private:
  struct Seen {
    double idle = 0;
    double iowait = 0;
  };
  void add_processor(std::string_view line, SampleWriter& out);

  std::map<std::string, Seen, std::less<>> seen_;
};

void add_memory_metrics(KernelFiles& proc, SampleWriter& out);
void add_load_metrics(KernelFiles& proc, SampleWriter& out);
void add_paging_metrics(KernelFiles& proc, SampleWriter& out);
void add_pressure_metrics(KernelFiles& proc, SampleWriter& out);
void add_file_table_metrics(KernelFiles& proc, SampleWriter& out);
void add_identity_metrics(SampleWriter& out);

}  // namespace capstan::host
