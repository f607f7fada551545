#include "connect/host/process.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/file.h"
#include "connect/host/text_scan.h"

namespace capstan::host {
namespace {

constexpr uint64_t kMsPerTick = 10;               // USER_HZ is 100.
constexpr unsigned kKernelThreadFlag = 0x200000;  // PF_KTHREAD of the kernel's sched.h.
constexpr std::string_view kKindPrefix = "host_process/";

}  // namespace

bool parse_stat(std::string_view line, ProcessStat& stat, std::string_view& comm) {
  // "42 (a (strange) name) R 1 …": the name may contain anything, so its end is the last parenthesis.
  const size_t open = line.find('(');
  const size_t close = line.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return false;
  comm = line.substr(open + 1, close - open - 1);
  FieldScanner fields(line.substr(close + 1));
  const std::string_view state = fields.word();
  if (state.empty()) return false;
  stat.key.pid = static_cast<int>(FieldScanner(line).i64());
  stat.state = state.front();
  stat.parent = static_cast<int>(fields.i64());
  stat.group = static_cast<int>(fields.i64());
  stat.session = static_cast<int>(fields.i64());
  fields.skip(2);  // Terminal and its foreground group.
  stat.is_kernel = (fields.u64() & kKernelThreadFlag) != 0;
  stat.minor_faults = fields.u64();
  stat.reaped_faults = fields.u64();
  stat.major_faults = fields.u64();
  stat.reaped_faults += fields.u64();
  stat.user_ms = fields.u64() * kMsPerTick;
  stat.system_ms = fields.u64() * kMsPerTick;
  stat.reaped_ms = fields.u64() * kMsPerTick;
  stat.reaped_ms += fields.u64() * kMsPerTick;
  fields.skip(1);  // Priority.
  stat.nice = static_cast<int>(fields.i64());
  stat.threads = fields.i64();
  fields.skip(1);
  stat.key.start_ticks = fields.u64();
  stat.virtual_bytes = fields.u64();
  const std::string_view resident = fields.word();
  if (resident.empty()) return false;
  stat.resident_bytes = parse_number<uint64_t>(resident).value_or(0) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  return true;
}

ResourceId process_resource(std::string_view boot, const ProcessKey& key) {
  return fmt::format("{}{}-{}-{}", kKindPrefix, boot, key.pid, key.start_ticks);
}

std::optional<NamedProcess> parse_process_resource(std::string_view id) {
  if (!id.starts_with(kKindPrefix)) return std::nullopt;
  id.remove_prefix(kKindPrefix.size());
  const size_t first = id.find('-');
  const size_t second = id.find('-', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto pid = parse_number<int>(id.substr(first + 1, second - first - 1));
  const auto ticks = parse_number<uint64_t>(id.substr(second + 1));
  if (!pid || !ticks || *pid <= 0) return std::nullopt;
  return NamedProcess{std::string(id.substr(0, first)), {*pid, *ticks}};
}

Result<std::string> read_boot_name(const std::string& proc_root) {
  std::string id = TRY(read_file(proc_root + "/sys/kernel/random/boot_id", 100));
  if (id.size() < 8) return fail(ErrorCode::kCorrupt, "the kernel's boot id is too short: '" + id + "'");
  return id.substr(0, 8);
}

}  // namespace capstan::host
