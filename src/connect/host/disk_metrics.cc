#include "connect/host/disk_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "connect/host/text_scan.h"

namespace capstan::host {
namespace {

constexpr double kSectorBytes = 512;  // The unit of /proc/diskstats, whatever the device's own sectors are.

struct Column {
  std::string_view name;
  double scale;
};
// In the order of /proc/diskstats, as Documentation/admin-guide/iostats.rst of the kernel gives it.
constexpr std::array<Column, 17> kColumns = {{
    {"node_disk_reads_completed_total", 1},
    {"node_disk_reads_merged_total", 1},
    {"node_disk_read_bytes_total", kSectorBytes},
    {"node_disk_read_time_seconds_total", 1e-3},
    {"node_disk_writes_completed_total", 1},
    {"node_disk_writes_merged_total", 1},
    {"node_disk_written_bytes_total", kSectorBytes},
    {"node_disk_write_time_seconds_total", 1e-3},
    {"node_disk_io_now", 1},
    {"node_disk_io_time_seconds_total", 1e-3},
    {"node_disk_io_time_weighted_seconds_total", 1e-3},
    {"node_disk_discards_completed_total", 1},
    {"node_disk_discards_merged_total", 1},
    {"node_disk_discarded_sectors_total", 1},
    {"node_disk_discard_time_seconds_total", 1e-3},
    {"node_disk_flush_requests_total", 1},
    {"node_disk_flush_requests_time_seconds_total", 1e-3},
}};

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

// "sda1", "xvdb2": a letter disk with a number.
bool is_lettered_partition(std::string_view device) {
  for (const std::string_view prefix : {"hd", "sd", "vd", "xvd"}) {
    if (!device.starts_with(prefix)) continue;
    const std::string_view rest = device.substr(prefix.size());
    if (rest.size() >= 2 && std::islower(static_cast<unsigned char>(rest[0])) && all_digits(rest.substr(1)))
      return true;
  }
  return false;
}

}  // namespace

bool is_disk(std::string_view device) {
  for (const std::string_view prefix : {"ram", "zram", "loop", "fd"}) {
    if (device.starts_with(prefix) && all_digits(device.substr(prefix.size()))) return false;
  }
  const size_t part = device.rfind('p');
  if (device.starts_with("nvme") && part != std::string_view::npos && all_digits(device.substr(part + 1))) return false;
  return !is_lettered_partition(device);
}

std::vector<Disk> list_disks(KernelFiles& proc) {
  std::vector<Disk> disks;
  const auto content = proc.read("diskstats");
  if (!content) return disks;
  LineScanner lines(*content);
  for (std::string_view line; lines.next(line);) {
    FieldScanner fields(line);
    const std::string_view major = fields.word();
    const std::string_view minor = fields.word();
    const std::string_view name = fields.word();
    if (is_disk(name)) disks.push_back({std::string(name), fmt::format("{}:{}", major, minor)});
  }
  return disks;
}

void add_disk_metrics(KernelFiles& proc, SampleWriter& out) {
  const auto content = proc.read("diskstats");
  if (!content) return;
  LineScanner lines(*content);
  for (std::string_view line; lines.next(line);) {
    FieldScanner fields(line);
    const std::string_view major = fields.word();
    const std::string_view minor = fields.word();
    const std::string_view device = fields.word();
    if (!is_disk(device)) continue;
    out.add("node_disk_info", {{"device", device}, {"major", major}, {"minor", minor}}, 1);
    for (const Column& column : kColumns) {  // Older kernels have fewer columns.
      const auto value = parse_number<uint64_t>(fields.word());
      if (!value) break;
      out.add(column.name, {{"device", device}}, static_cast<double>(*value) * column.scale);
    }
  }
}

}  // namespace capstan::host
