#include "connect/host/kernel_metrics.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>

#include "connect/host/text_scan.h"

namespace capstan::host {
namespace {

// The unit of /proc/stat: USER_HZ, which is 100 on every platform Linux still runs on.
constexpr double kTicksPerSecond = 100;

// A drop below this many seconds is the kernel's own rounding; a larger one is a processor that was taken away and
// given back, whose counters start anew.
constexpr double kJumpBackSeconds = 3;

double never_back(double& seen, double value) {
  if (value >= seen || seen - value > kJumpBackSeconds) seen = value;
  return seen;
}

}  // namespace

void CpuMetrics::add_processor(std::string_view line, SampleWriter& out) {
  FieldScanner fields(line);
  const std::string_view cpu = fields.word().substr(3);
  if (cpu.empty()) return;  // The first line is the sum of the others.
  std::array<double, 10> seconds{};
  for (double& value : seconds) value = static_cast<double>(fields.u64()) / kTicksPerSecond;
  auto seen = seen_.find(cpu);
  if (seen == seen_.end()) seen = seen_.emplace(std::string(cpu), Seen{}).first;
  seconds[3] = never_back(seen->second.idle, seconds[3]);
  seconds[4] = never_back(seen->second.iowait, seconds[4]);

  constexpr std::array<std::string_view, 8> kModes = {"user",   "nice", "system",  "idle",
                                                      "iowait", "irq",  "softirq", "steal"};
  for (size_t mode = 0; mode < kModes.size(); ++mode) {
    out.add("node_cpu_seconds_total", {{"cpu", cpu}, {"mode", kModes[mode]}}, seconds[mode]);
  }
  out.add("node_cpu_guest_seconds_total", {{"cpu", cpu}, {"mode", "user"}}, seconds[8]);
  out.add("node_cpu_guest_seconds_total", {{"cpu", cpu}, {"mode", "nice"}}, seconds[9]);
}

void CpuMetrics::add(KernelFiles& proc, SampleWriter& out) {
  const auto content = proc.read("stat");
  if (!content) return;
  LineScanner lines(*content);
  for (std::string_view line; lines.next(line);) {
    if (line.starts_with("cpu")) {
      add_processor(line, out);
      continue;
    }
    FieldScanner fields(line);
    const std::string_view key = fields.word();
    const auto value = static_cast<double>(fields.u64());
    if (key == "intr") out.add("node_intr_total", value);
    if (key == "ctxt") out.add("node_context_switches_total", value);
    if (key == "btime") out.add("node_boot_time_seconds", value);
    if (key == "processes") out.add("node_forks_total", value);
    if (key == "procs_running") out.add("node_procs_running", value);
    if (key == "procs_blocked") out.add("node_procs_blocked", value);
  }
}

void add_memory_metrics(KernelFiles& proc, SampleWriter& out) {
  const auto content = proc.read("meminfo");
  if (!content) return;
  LineScanner lines(*content);
  for (std::string_view line; lines.next(line);) {
    FieldScanner fields(line);
    std::string name = "node_memory_";
    for (const char c : fields.word()) {  // "Active(anon):" is Active_anon.
      if (c == '(')
        name += '_';
      else if (c != ')' && c != ':')
        name += c;
    }
    auto value = static_cast<double>(fields.u64());
    if (fields.word() == "kB") {
      name += "_bytes";
      value *= 1024;
    }
    out.add(name, value);
  }
}

void add_load_metrics(KernelFiles& proc, SampleWriter& out) {
  const auto content = proc.read("loadavg");
  if (!content) return;
  FieldScanner fields(*content);
  for (const std::string_view name : {"node_load1", "node_load5", "node_load15"}) {
    if (const auto value = parse_double(fields.word())) out.add(name, *value);
  }
}

void add_paging_metrics(KernelFiles& proc, SampleWriter& out) {
  const auto content = proc.read("vmstat");
  if (!content) return;
  LineScanner lines(*content);
  for (std::string_view line; lines.next(line);) {
    const bool wanted = line.starts_with("oom_kill") || line.starts_with("pgpg") || line.starts_with("pswp") ||
                        (line.starts_with("pg") && line.find("fault") != std::string_view::npos);
    if (!wanted) continue;
    FieldScanner fields(line);
    const std::string name = fmt::format("node_vmstat_{}", fields.word());
    out.add(name, static_cast<double>(fields.u64()));
  }
}

void add_pressure_metrics(KernelFiles& proc, SampleWriter& out) {
  for (const std::string_view resource : {"cpu", "memory", "io"}) {
    const auto content = proc.read(fmt::format("pressure/{}", resource).c_str());
    if (!content) continue;  // A kernel without pressure information.
    LineScanner lines(*content);
    for (std::string_view line; lines.next(line);) {
      const size_t total = line.find("total=");
      if (total == std::string_view::npos) continue;
      const auto microseconds = parse_number<uint64_t>(line.substr(total + 6));
      if (!microseconds) continue;
      const bool some = line.starts_with("some");
      if (!some && resource == "cpu") continue;  // Zero by definition for the whole machine.
      out.add(fmt::format("node_pressure_{}_{}_seconds_total", resource, some ? "waiting" : "stalled"),
              static_cast<double>(*microseconds) / 1e6);
    }
  }
}

void add_file_table_metrics(KernelFiles& proc, SampleWriter& out) {
  const auto content = proc.read("sys/fs/file-nr");
  if (!content) return;
  FieldScanner fields(*content);
  out.add("node_filefd_allocated", static_cast<double>(fields.u64()));
  fields.skip(1);
  out.add("node_filefd_maximum", static_cast<double>(fields.u64()));
}

void add_identity_metrics(SampleWriter& out) {
  utsname names{};
  if (::uname(&names) != 0) return;
  out.add("node_uname_info",
          {{"sysname", names.sysname},
           {"release", names.release},
           {"version", names.version},
           {"machine", names.machine},
           {"nodename", names.nodename},
           {"domainname", names.domainname}},
          1);
  out.add("node_time_seconds", static_cast<double>(out.at_ms()) / 1000);
}

}  // namespace capstan::host
