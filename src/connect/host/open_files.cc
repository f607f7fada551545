#include "connect/host/open_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <memory>

#include "base/file_handle.h"
#include "connect/host/text_scan.h"

namespace capstan::host {
namespace {

FileKind kind_of_device(unsigned major_number, unsigned minor_number) {
  constexpr unsigned kMemoryDevices = 1;
  if (major_number == kMemoryDevices &&
      (minor_number == 3 || minor_number == 5 || (minor_number >= 7 && minor_number <= 9))) {
    return FileKind::kEndless;
  }
  const bool terminal = major_number == 4 || major_number == 5 || (major_number >= 136 && major_number <= 143);
  return terminal ? FileKind::kTerminal : FileKind::kOther;
}

FileKind kind_of(const struct statx& status, dev_t proc_device) {
  switch (status.stx_mode & S_IFMT) {
    case S_IFREG:
    case S_IFDIR:
      if (makedev(status.stx_dev_major, status.stx_dev_minor) == proc_device) return FileKind::kOther;
      return (status.stx_mode & S_IFMT) == S_IFREG ? FileKind::kRegular : FileKind::kDirectory;
    case S_IFIFO: return FileKind::kPipe;
    case S_IFSOCK: return FileKind::kSocket;
    case S_IFCHR: return kind_of_device(status.stx_rdev_major, status.stx_rdev_minor);
    default: return FileKind::kOther;
  }
}

// "pos:\t42\nflags:\t0100001\n…": flags are octal.
void take_position(std::string_view fdinfo, OpenFile& file) {
  LineScanner lines(fdinfo);
  for (std::string_view line; lines.next(line);) {
    FieldScanner fields(line);
    const std::string_view key = fields.word();
    if (key == "pos:") file.position = fields.u64();
    if (key == "flags:") {
      const unsigned mode = parse_number<unsigned>(fields.word(), 8).value_or(0) & O_ACCMODE;
      file.readable = mode == O_RDONLY || mode == O_RDWR;
      file.writable = mode == O_WRONLY || mode == O_RDWR;
      return;
    }
  }
}

}  // namespace

OpenFiles read_open_files(KernelFiles& proc, int pid, size_t limit) {
  OpenFiles found;
  struct stat proc_status{};
  ::fstat(proc.fd(), &proc_status);
  const int directory = ::openat(proc.fd(), fmt::format("{}/fd", pid).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return found;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(directory), &::closedir);
  if (!listing) return found;
  found.known = found.complete = true;
  while (const dirent* entry = ::readdir(listing.get())) {
    const auto fd = parse_number<int>(entry->d_name);
    if (!fd) continue;  // "." and "..".
    if (found.files.size() >= limit) {
      found.complete = false;
      break;
    }
    struct statx status{};
    if (::statx(directory, entry->d_name, AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &status) != 0) continue;
    OpenFile file;
    file.fd = *fd;
    file.kind = kind_of(status, proc_status.st_dev);
    file.gives_nothing = file.kind == FileKind::kEndless && status.stx_rdev_minor == 3;
    file.inode = status.stx_ino;
    file.device = makedev(status.stx_dev_major, status.stx_dev_minor);
    file.size = status.stx_size;
    file.disk_bytes = status.stx_blocks * 512;
    file.modified_ns = status.stx_mtime.tv_sec * 1'000'000'000 + status.stx_mtime.tv_nsec;
    if (const auto info = proc.read(fmt::format("{}/fdinfo/{}", pid, *fd).c_str())) take_position(*info, file);
    found.files.push_back(file);
  }
  return found;
}

std::string open_file_path(KernelFiles& proc, int pid, int fd) {
  return std::string(proc.read_link(fmt::format("{}/fd/{}", pid, fd).c_str()).value_or(""));
}

}  // namespace capstan::host
