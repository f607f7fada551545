// Block devices: what /proc/diskstats counts, under node_exporter's names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connect/host/kernel_files.h"
#include "connect/host/sample_writer.h"

namespace capstan::host {

// Whether a block device is a whole disk: partitions, loop devices and RAM disks are not looked at, as in
// node_exporter.
bool is_disk(std::string_view device);

struct Disk {
  std::string name;    // "sda"
  std::string device;  // "254:0"
};
std::vector<Disk> list_disks(KernelFiles& proc);

void add_disk_metrics(KernelFiles& proc, SampleWriter& out);

}  // namespace capstan::host
