#include "connect/host/filesystems.h"

#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <thread>

#include "connect/host/text_scan.h"

namespace capstan::host {
namespace {

bool is_pseudo(std::string_view type) {
  constexpr std::string_view kTypes[] = {"autofs",     "binfmt_misc", "bpf",       "cgroup",   "cgroup2",   "configfs",
                                         "debugfs",    "devpts",      "devtmpfs",  "fusectl",  "hugetlbfs", "iso9660",
                                         "mqueue",     "nsfs",        "overlay",   "proc",     "procfs",    "pstore",
                                         "rpc_pipefs", "securityfs",  "selinuxfs", "squashfs", "sysfs",     "tracefs"};
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

bool is_below(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

bool is_of_the_system(std::string_view mountpoint) {
  for (const std::string_view directory : {"/dev", "/proc", "/sys", "/run/credentials"}) {
    if (is_below(mountpoint, directory)) return true;
  }
  for (const std::string_view directory : {"/var/lib/docker/", "/var/lib/containers/storage/"}) {
    if (mountpoint.starts_with(directory)) return true;
  }
  return false;
}

bool is_remote(std::string_view type) {
  return type.starts_with("nfs") || type.starts_with("fuse.") || type == "cifs" || type == "smb3" || type == "ceph" ||
         type == "9p" || type == "afs" || type == "glusterfs";
}

// "\040" is a blank: the kernel escapes what would break its columns.
std::string unescape(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      if (const auto code = parse_number<unsigned>(text.substr(i + 1, 3), 8)) {
        result += static_cast<char>(*code);
        i += 3;
        continue;
      }
    }
    result += text[i];
  }
  return result;
}

bool has_option(std::string_view options, std::string_view wanted) {
  while (!options.empty()) {
    const size_t end = std::min(options.find(','), options.size());
    if (options.substr(0, end) == wanted) return true;
    options.remove_prefix(std::min(end + 1, options.size()));
  }
  return false;
}

std::optional<Filesystem> parse_mount(std::string_view line) {
  // "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw": optional fields before the dash, see proc_pid_mountinfo(5).
  FieldScanner fields(line);
  fields.skip(2);
  Filesystem filesystem;
  filesystem.device_numbers = fields.word();
  fields.skip(1);
  filesystem.mountpoint = unescape(fields.word());
  const std::string_view options = fields.word();
  for (std::string_view field = fields.word(); field != "-"; field = fields.word()) {
    if (field.empty()) return std::nullopt;
  }
  filesystem.type = fields.word();
  filesystem.device = unescape(fields.word());
  filesystem.read_only = has_option(options, "ro") || has_option(fields.word(), "ro");
  const size_t colon = filesystem.device_numbers.find(':');
  if (colon == std::string::npos) return std::nullopt;
  const std::string_view numbers = filesystem.device_numbers;
  filesystem.device_id = makedev(parse_number<unsigned>(numbers.substr(0, colon)).value_or(0),
                                 parse_number<unsigned>(numbers.substr(colon + 1)).value_or(0));
  return filesystem;
}

void take_sizes(const struct statvfs& answer, Filesystem& filesystem) {
  filesystem.size = answer.f_blocks * answer.f_frsize;
  filesystem.free = answer.f_bfree * answer.f_frsize;
  filesystem.available = answer.f_bavail * answer.f_frsize;
  filesystem.files = answer.f_files;
  filesystem.files_free = answer.f_ffree;
}

}  // namespace

// A question to a remote filesystem that outlives whoever asked it.
class Filesystems::RemoteQuestion {
 public:
  static void ask(const std::shared_ptr<RemoteQuestion>& question, const std::string& mountpoint) {
    {
      std::lock_guard lock(question->mutex_);
      if (question->pending_) return;
      question->pending_ = true;
      question->unanswered_looks_ = 0;
    }
    std::thread([question, mountpoint] {
      struct statvfs answer{};
      const bool worked = ::statvfs(mountpoint.c_str(), &answer) == 0;
      std::lock_guard lock(question->mutex_);
      question->pending_ = false;
      question->answer_ = worked ? std::optional(answer) : std::nullopt;
    }).detach();
  }
  // The last answer; nothing when there is none, or the question has been open for several looks.
  std::optional<struct statvfs> answer() {
    std::lock_guard lock(mutex_);
    if (pending_ && ++unanswered_looks_ > 5) return std::nullopt;
    return answer_;
  }

 private:
  std::mutex mutex_;
  bool pending_ = false;
  int unanswered_looks_ = 0;
  std::optional<struct statvfs> answer_;
};

void Filesystems::measure_remote(Filesystem& filesystem) {
  auto& question = remote_[filesystem.mountpoint];
  if (!question) question = std::make_shared<RemoteQuestion>();
  const auto answer = question->answer();
  RemoteQuestion::ask(question, filesystem.mountpoint);
  filesystem.device_error = !answer;
  if (answer) take_sizes(*answer, filesystem);
}

std::vector<Filesystem> parse_mounts(std::string_view mountinfo) {
  std::vector<Filesystem> filesystems;
  LineScanner lines(mountinfo);
  for (std::string_view line; lines.next(line);) {
    auto filesystem = parse_mount(line);
    if (!filesystem || is_pseudo(filesystem->type) || is_of_the_system(filesystem->mountpoint)) continue;
    std::erase_if(filesystems, [&](const Filesystem& other) { return other.mountpoint == filesystem->mountpoint; });
    filesystems.push_back(std::move(*filesystem));
  }
  return filesystems;
}

std::vector<Filesystem> Filesystems::list(KernelFiles& proc) {
  const auto content = proc.read("self/mountinfo");
  if (!content) return {};
  std::vector<Filesystem> filesystems = parse_mounts(*content);
  for (Filesystem& filesystem : filesystems) {
    if (is_remote(filesystem.type)) {
      measure_remote(filesystem);
      continue;
    }
    struct statvfs answer{};
    filesystem.device_error = ::statvfs(filesystem.mountpoint.c_str(), &answer) != 0;
    if (!filesystem.device_error) take_sizes(answer, filesystem);
  }
  std::erase_if(remote_, [&](const auto& entry) {
    return std::none_of(filesystems.begin(), filesystems.end(),
                        [&](const Filesystem& filesystem) { return filesystem.mountpoint == entry.first; });
  });
  return filesystems;
}

void add_filesystem_metrics(const std::vector<Filesystem>& filesystems, SampleWriter& out) {
  for (const Filesystem& filesystem : filesystems) {
    const auto add = [&](std::string_view name, auto value) {
      out.add(name, {{"device", filesystem.device}, {"fstype", filesystem.type}, {"mountpoint", filesystem.mountpoint}},
              static_cast<double>(value));
    };
    add("node_filesystem_device_error", filesystem.device_error);
    if (filesystem.device_error) continue;
    add("node_filesystem_readonly", filesystem.read_only);
    add("node_filesystem_size_bytes", filesystem.size);
    add("node_filesystem_free_bytes", filesystem.free);
    add("node_filesystem_avail_bytes", filesystem.available);
    add("node_filesystem_files", filesystem.files);
    add("node_filesystem_files_free", filesystem.files_free);
  }
}

}  // namespace capstan::host
