#include "sim/memory_disk.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "sim/memory_vfs.h"

namespace capstan::sim {
namespace {

constexpr size_t kSector = 512;

}  // namespace

MemoryDisk::MemoryDisk(Random& random, Tally& tally)
    : random_(random), tally_(tally), name_(mount_memory_disk(*this)) {}

MemoryDisk::~MemoryDisk() { unmount_memory_disk(name_); }

std::filesystem::path MemoryDisk::path(std::string_view name) const { return memory_disk_uri(name_, name); }

std::shared_ptr<MemoryDisk::File> MemoryDisk::find(const std::string& name) const {
  const auto found = files_.find(name);
  return found == files_.end() ? nullptr : found->second;
}

std::shared_ptr<MemoryDisk::File> MemoryDisk::create(const std::string& name) {
  removed_.erase(name);
  return files_[name] = std::make_shared<File>();
}

void MemoryDisk::remove(const std::string& name, bool durably) {
  const auto found = files_.find(name);
  if (found == files_.end()) return;
  if (!durably) removed_[name] = found->second;
  files_.erase(found);
}

std::optional<DiskFault> MemoryDisk::strike() {
  ++operations_;
  if (!planned_) return std::nullopt;
  if (planned_->operations > 0) {
    --planned_->operations;
    return std::nullopt;
  }
  const DiskFault fault = planned_->fault;
  planned_.reset();
  if (fault == DiskFault::kFull) tally_.count("fault: the ledger's disk is full");
  if (fault == DiskFault::kBroken) tally_.count("fault: the ledger's disk fails to write");
  if (fault == DiskFault::kPowerCut) {
    tally_.count("fault: the power is cut while the ledger is written");
    cut_power();
    off_ = true;
  }
  return fault;
}

void MemoryDisk::kill() {
  ++life_;
  planned_.reset();
  for (auto& [name, file] : files_) {
    file->shared = 0;
    file->reserved = file->exclusive = nullptr;
    // Whoever is dead may still hold a pointer to it.
    std::ranges::move(file->shared_memory, std::back_inserter(graveyard_));
    file->shared_memory.clear();
    file->memory_users = 0;
    file->exclusive_slots.clear();
    file->shared_slots.clear();
  }
}

void MemoryDisk::cut_power() {
  kill();
  for (auto& [name, file] : removed_) {
    if (random_.below(2) == 0) files_.emplace(name, file);
  }
  removed_.clear();
  for (auto& [name, file] : files_) tear(*file);
  const size_t lost =
      std::erase_if(files_, [&](const auto& each) { return !each.second->synced_once && random_.below(2) == 0; });
  if (lost > 0) tally_.count("fault: a file is lost with the power");
}

// Back to what was synced; then of every sector of what was not, all, nothing or the beginning, and of every
// truncation all or nothing.
void MemoryDisk::tear(File& file) {
  for (auto write = file.unsynced.rbegin(); write != file.unsynced.rend(); ++write) {
    if (write->truncates) {
      file.data.resize(write->offset);
      file.data += write->old_bytes;
    } else {
      file.data.resize(write->old_size);
      if (!write->old_bytes.empty()) file.data.replace(write->offset, write->old_bytes.size(), write->old_bytes);
    }
  }
  for (const Write& write : file.unsynced) {
    if (write.truncates) {
      if (random_.below(2) == 0 && write.offset < file.data.size()) file.data.resize(write.offset);
      continue;
    }
    for (size_t begin = 0; begin < write.bytes.size();) {
      const size_t end = std::min(write.bytes.size(), begin + kSector - (write.offset + begin) % kSector);
      const uint64_t fate = random_.below(5);
      const size_t length = fate < 2 ? 0 : fate < 4 ? end - begin : 1 + random_.below(end - begin);
      if (fate == 0) tally_.count("fault: a sector is lost");
      if (fate == 4) tally_.count("fault: a sector is torn");
      if (length > 0) {
        if (file.data.size() < write.offset + begin + length) file.data.resize(write.offset + begin + length);
        file.data.replace(write.offset + begin, length, write.bytes, begin, length);
      }
      begin = end;
    }
  }
  file.unsynced.clear();
}

}  // namespace capstan::sim
