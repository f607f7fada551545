#include "connect/host/write_tracker.h"

#include <algorithm>

namespace capstan::host {
namespace {

// Below this many bytes in an interval nobody fills a disk.
constexpr double kNotable = 256 << 10;
// A file is shown as growing when it gains this much between two looks.
constexpr uint64_t kGrowingBytes = 1 << 20;
constexpr size_t kMostGrowing = 20;
constexpr size_t kMostWriters = 1000;
// So many looks after its last growth a file's series ends.
constexpr uint64_t kQuietLooks = 60;

uint64_t growth(uint64_t now, uint64_t before) { return now > before ? now - before : 0; }

}  // namespace

void WriteTracker::look(ProcessTable& table, const std::vector<Filesystem>& filesystems) {
  ++looks_;
  for (const Process& ended : table.ended()) writers_.erase(ended.key());
  for (auto& [key, writer] : writers_) writer.last = 0;
  for (const auto& [pid, process] : table.processes()) {
    const auto stored = static_cast<double>(growth(process.io.written_bytes, process.io_before.written_bytes));
    const auto moved = static_cast<double>(growth(process.io.written_chars, process.io_before.written_chars));
    const auto known = writers_.find(process.key());
    const bool notable = process.io_before.known && std::max(stored, moved) >= kNotable;
    if (!notable && known == writers_.end()) continue;
    if (!notable && process.cpu_ms_since() == 0) continue;
    if (known == writers_.end() && writers_.size() >= kMostWriters) continue;
    Writer& writer = writers_[process.key()];
    const double grown = file_growth(table, process, writer, filesystems);
    writer.last = std::max(stored, grown);
    writer.written += writer.last;
  }
}

double WriteTracker::file_growth(ProcessTable& table, const Process& process, Writer& writer,
                                 const std::vector<Filesystem>& filesystems) {
  const OpenFiles open = read_open_files(table.files(), process.key().pid);
  std::vector<FileSeen> seen;
  double grown = 0;
  for (const OpenFile& file : open.files) {
    if (file.kind != FileKind::kRegular || !file.writable) continue;
    const bool twice = std::any_of(seen.begin(), seen.end(), [&](const FileSeen& other) {
      return other.inode == file.inode && other.device == file.device;
    });
    if (twice) continue;
    seen.push_back({file.inode, file.device, file.size, file.position});
    const auto before = std::find_if(writer.files.begin(), writer.files.end(), [&](const FileSeen& other) {
      return other.inode == file.inode && other.device == file.device;
    });
    const bool is_first_look = writer.looked == 0;
    // A file first met is taken to be written since the last look when its writer was already watched.
    const uint64_t from = before != writer.files.end() ? before->position : (is_first_look ? file.position : 0);
    const uint64_t size_before = before != writer.files.end() ? before->size : file.size;
    const uint64_t gain = std::max(growth(file.position, from), growth(file.size, size_before));
    grown += static_cast<double>(gain);
    if (gain >= kGrowingBytes || (is_first_look && file.size >= kGrowingBytes && process.is_new)) {
      note_growing(table, process, file, filesystems);
    }
  }
  writer.files = std::move(seen);
  writer.looked = looks_;
  // Several processes may write one file through one shared position: nobody wrote more than it moved.
  const auto moved = static_cast<double>(growth(process.io.written_chars, process.io_before.written_chars));
  return moved > 0 ? std::min(grown, moved) : grown;
}

void WriteTracker::note_growing(ProcessTable& table, const Process& process, const OpenFile& file,
                                const std::vector<Filesystem>& filesystems) {
  const auto filesystem = std::find_if(filesystems.begin(), filesystems.end(),
                                       [&](const Filesystem& other) { return other.device_id == file.device; });
  if (filesystem == filesystems.end()) return;
  const std::string path = open_file_path(table.files(), process.key().pid, file.fd);
  const ResourceId resource = process_resource(table.boot(), process.key());
  for (GrowingFile& known : growing_) {
    if (known.path != path || known.resource != resource) continue;
    known.bytes = static_cast<double>(file.size);
    known.grew_at = looks_;
    return;
  }
  if (growing_.size() >= kMostGrowing || path.empty() || !table.identify(process.key().pid)) return;
  growing_.push_back({.mountpoint = filesystem->mountpoint,
                      .path = path,
                      .resource = resource,
                      .user = process.identity.user,
                      .bytes = static_cast<double>(file.size),
                      .grew_at = looks_});
}

void WriteTracker::add(SampleWriter& out) {
  const auto write = [&](const GrowingFile& file) {
    out.add("capstan_filesystem_growing_file_bytes",
            {{"mountpoint", file.mountpoint}, {"path", file.path}, {"process", file.resource}, {"user", file.user}},
            file.bytes);
  };
  std::erase_if(growing_, [&](const GrowingFile& file) {
    if (file.grew_at + kQuietLooks >= looks_) return false;
    const size_t first = out.size();
    write(file);
    out.end_series_from(first);
    return true;
  });
  for (const GrowingFile& file : growing_) write(file);
}

double WriteTracker::written(const ProcessKey& key) const {
  const auto found = writers_.find(key);
  return found == writers_.end() ? 0 : found->second.written;
}

double WriteTracker::last_written(const ProcessKey& key) const {
  const auto found = writers_.find(key);
  return found == writers_.end() ? 0 : found->second.last;
}

}  // namespace capstan::host
