// A disk in memory under SQLite, by SQLite's own interface for file systems (https://www.sqlite.org/vfs.html): what was
// not synced is lost when the power is cut, sector by sector, and a sector may be torn in the middle.
//
// Kept where it holds what SQLite expects of a disk: what was synced stays, and a write leaves the bytes beside it
// alone (SQLITE_IOCAP_POWERSAFE_OVERWRITE, which SQLite assumes of every disk unless it is told otherwise).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "sim/tally.h"

namespace capstan::sim {

// What a disk does wrong, once, at one of its writes or syncs.
enum class DiskFault {
  kPowerCut,  // Nothing of the machine works from here on, until `boot`.
  kFull,      // No room; the next time there is.
  kBroken,    // The write or the sync fails.
};

// One thread. Disks know nothing of each other.
class MemoryDisk {
 public:
  // What tears is drawn from `random`; faults are counted in `tally`.
  MemoryDisk(Random& random, Tally& tally);
  ~MemoryDisk();
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;

  // Under which SQLite opens a file of this disk.
  std::filesystem::path path(std::string_view name) const;

  // The fault strikes after `operations` more writes, truncations and syncs.
  void fail_after(uint64_t operations, DiskFault fault) { planned_ = {operations, fault}; }
  void spare() { planned_.reset(); }
  // Writes, truncations and syncs so far.
  uint64_t operations() const { return operations_; }
  bool is_off() const { return off_; }
  // The process ends: whoever has a file open can do nothing with it any more. What it had written is there.
  void kill();
  // The same for the whole machine: of what was not synced nobody knows how much is there.
  void cut_power();
  // The machine works again.
  void boot() { off_ = false; }

  // For the file system (memory_disk.cc).
  struct Write {
    size_t offset = 0;
    std::string old_bytes;
    std::string bytes;
    size_t old_size = 0;
    bool truncates = false;  // To `offset`.
  };
  struct File {
    std::string data;
    std::vector<Write> unsynced;  // In their order.
    bool synced_once = false;     // Else the file itself may be gone.
    int shared = 0;
    const void* reserved = nullptr;
    const void* exclusive = nullptr;
    std::vector<std::unique_ptr<char[]>> shared_memory;
    int memory_users = 0;
    std::map<int, const void*> exclusive_slots;
    std::map<int, int> shared_slots;
  };
  std::shared_ptr<File> find(const std::string& name) const;
  std::shared_ptr<File> create(const std::string& name);
  void remove(const std::string& name, bool durably);
  uint64_t life() const { return life_; }
  // What is to go wrong now; nothing most of the time.
  std::optional<DiskFault> strike();

 private:
  void tear(File& file);

  Random& random_;
  Tally& tally_;
  std::string name_;
  std::map<std::string, std::shared_ptr<File>> files_;
  std::map<std::string, std::shared_ptr<File>> removed_;  // Not durably.
  struct Plan {
    uint64_t operations = 0;
    DiskFault fault = DiskFault::kPowerCut;
  };
  std::optional<Plan> planned_;
  std::vector<std::unique_ptr<char[]>> graveyard_;
  uint64_t operations_ = 0;
  bool off_ = false;
  uint64_t life_ = 1;  // Of whoever has files open.
};

}  // namespace capstan::sim
