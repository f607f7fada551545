#include "sim/memory_vfs.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "sim/memory_disk.h"

namespace capstan::sim {
namespace {

std::map<std::string, MemoryDisk*, std::less<>>& disks() {
  static std::map<std::string, MemoryDisk*, std::less<>> all;
  return all;
}

// "/disk-3/ledger.db" is on "disk-3".
MemoryDisk* disk_of(std::string_view path) {
  const size_t end = path.find('/', 1);
  const auto found = end == std::string_view::npos ? disks().end() : disks().find(path.substr(1, end - 1));
  return found == disks().end() ? nullptr : found->second;
}

// What a connection has open.
struct Open {
  MemoryDisk* disk = nullptr;  // Null for a temporary file.
  std::string path;
  std::shared_ptr<MemoryDisk::File> file;
  uint64_t life = 0;
  int lock = SQLITE_LOCK_NONE;
  bool maps_memory = false;
  std::set<int> shared_slots;
  std::set<int> exclusive_slots;

  bool is_dead() const { return disk != nullptr && (disk_of(path) != disk || disk->life() != life); }
};

struct Handle {
  sqlite3_file base;
  Open* open;
};

Open& of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file)->open; }

// SQLITE_OK where the operation may go on.
int strike(const Open& open) {
  if (open.is_dead()) return SQLITE_IOERR;
  if (open.disk == nullptr) return SQLITE_OK;
  const std::optional<DiskFault> fault = open.disk->strike();
  if (!fault) return SQLITE_OK;
  return *fault == DiskFault::kFull ? SQLITE_FULL : SQLITE_IOERR;
}

int x_read(sqlite3_file* file, void* out, int amount, sqlite3_int64 offset) {
  const Open& open = of(file);
  if (open.is_dead()) return SQLITE_IOERR_READ;
  const std::string& data = open.file->data;
  const auto begin = static_cast<size_t>(offset);
  const size_t there = begin < data.size() ? std::min(data.size() - begin, static_cast<size_t>(amount)) : 0;
  if (there > 0) std::memcpy(out, data.data() + begin, there);
  if (there == static_cast<size_t>(amount)) return SQLITE_OK;
  std::memset(static_cast<char*>(out) + there, 0, static_cast<size_t>(amount) - there);
  return SQLITE_IOERR_SHORT_READ;
}

int x_write(sqlite3_file* file, const void* bytes, int amount, sqlite3_int64 offset) {
  const Open& open = of(file);
  std::string& data = open.file->data;
  const auto begin = static_cast<size_t>(offset);
  const auto length = static_cast<size_t>(amount);
  if (open.is_dead()) return SQLITE_IOERR_WRITE;
  MemoryDisk::Write write{.offset = begin,
                          .old_bytes = begin < data.size() ? data.substr(begin, length) : std::string(),
                          .bytes = std::string(static_cast<const char*>(bytes), length),
                          .old_size = data.size()};
  // The write during which the power is cut may have reached the disk, too.
  open.file->unsynced.push_back(write);
  if (const int code = strike(open); code != SQLITE_OK) {
    if (!open.is_dead()) open.file->unsynced.pop_back();
    return code == SQLITE_IOERR ? SQLITE_IOERR_WRITE : code;
  }
  if (data.size() < begin + length) data.resize(begin + length);
  data.replace(begin, length, write.bytes);
  return SQLITE_OK;
}

int x_truncate(sqlite3_file* file, sqlite3_int64 size) {
  const Open& open = of(file);
  if (strike(open) != SQLITE_OK) return SQLITE_IOERR_TRUNCATE;
  std::string& data = open.file->data;
  const auto end = static_cast<size_t>(size);
  if (end >= data.size()) return SQLITE_OK;
  open.file->unsynced.push_back(
      {.offset = end, .old_bytes = data.substr(end), .bytes = "", .old_size = data.size(), .truncates = true});
  data.resize(end);
  return SQLITE_OK;
}

int x_sync(sqlite3_file* file, int) {
  const Open& open = of(file);
  if (strike(open) != SQLITE_OK) return SQLITE_IOERR_FSYNC;
  open.file->unsynced.clear();
  open.file->synced_once = true;
  return SQLITE_OK;
}

int x_file_size(sqlite3_file* file, sqlite3_int64* size) {
  if (of(file).is_dead()) return SQLITE_IOERR_FSTAT;
  *size = static_cast<sqlite3_int64>(of(file).file->data.size());
  return SQLITE_OK;
}

int x_lock(sqlite3_file* file, int level) {
  Open& open = of(file);
  if (open.is_dead()) return SQLITE_IOERR_LOCK;
  MemoryDisk::File& shared = *open.file;
  if (level <= open.lock) return SQLITE_OK;
  const auto others_hold = [&](const void* holder) { return holder != nullptr && holder != &open; };
  if (others_hold(shared.exclusive)) return SQLITE_BUSY;
  if (level == SQLITE_LOCK_SHARED) {
    ++shared.shared;
  } else if (level == SQLITE_LOCK_RESERVED) {
    if (others_hold(shared.reserved)) return SQLITE_BUSY;
    shared.reserved = &open;
  } else {
    if (others_hold(shared.reserved) || shared.shared > 1) return SQLITE_BUSY;
    shared.exclusive = &open;
  }
  open.lock = level;
  return SQLITE_OK;
}

int x_unlock(sqlite3_file* file, int level) {
  Open& open = of(file);
  if (open.is_dead() || level >= open.lock) return SQLITE_OK;
  MemoryDisk::File& shared = *open.file;
  if (shared.exclusive == &open) shared.exclusive = nullptr;
  if (shared.reserved == &open) shared.reserved = nullptr;
  if (level == SQLITE_LOCK_NONE) --shared.shared;
  open.lock = level;
  return SQLITE_OK;
}

int x_check_reserved_lock(sqlite3_file* file, int* result) {
  const MemoryDisk::File& shared = *of(file).file;
  *result = shared.reserved != nullptr || shared.exclusive != nullptr ? 1 : 0;
  return SQLITE_OK;
}

int x_file_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int x_sector_size(sqlite3_file*) { return 4096; }
int x_device_characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int x_shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
  Open& open = of(file);
  *out = nullptr;
  if (open.is_dead()) return SQLITE_IOERR_SHMMAP;
  auto& regions = open.file->shared_memory;
  // The first finds nothing of those who were here before, and looks into the log itself.
  if (!std::exchange(open.maps_memory, true) && open.file->memory_users++ == 0) regions.clear();
  const auto wanted = static_cast<size_t>(region);
  if (wanted >= regions.size() && extend == 0) return SQLITE_OK;
  while (regions.size() <= wanted) regions.push_back(std::make_unique<char[]>(static_cast<size_t>(size)));
  *out = regions[wanted].get();
  return SQLITE_OK;
}

int x_shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  Open& open = of(file);
  if (open.is_dead()) return SQLITE_IOERR_SHMLOCK;
  MemoryDisk::File& shared = *open.file;
  const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  for (int slot = offset; slot < offset + count && (flags & SQLITE_SHM_LOCK) != 0; ++slot) {
    const auto holder = shared.exclusive_slots.find(slot);
    if (holder != shared.exclusive_slots.end() && holder->second != &open) return SQLITE_BUSY;
    const int mine = open.shared_slots.contains(slot) ? 1 : 0;
    if (exclusive && shared.shared_slots[slot] > mine) return SQLITE_BUSY;
  }
  for (int slot = offset; slot < offset + count; ++slot) {
    if ((flags & SQLITE_SHM_LOCK) != 0) {
      if (exclusive)
        shared.exclusive_slots[slot] = &open, open.exclusive_slots.insert(slot);
      else if (open.shared_slots.insert(slot).second)
        ++shared.shared_slots[slot];
    } else if (exclusive) {
      if (open.exclusive_slots.erase(slot) > 0) shared.exclusive_slots.erase(slot);
    } else if (open.shared_slots.erase(slot) > 0) {
      --shared.shared_slots[slot];
    }
  }
  return SQLITE_OK;
}

void x_shm_barrier(sqlite3_file*) {}

int x_shm_unmap(sqlite3_file* file, int remove) {
  Open& open = of(file);
  if (open.is_dead()) return SQLITE_OK;
  for (int slot : open.exclusive_slots) open.file->exclusive_slots.erase(slot);
  for (int slot : open.shared_slots) --open.file->shared_slots[slot];
  open.exclusive_slots.clear();
  open.shared_slots.clear();
  if (std::exchange(open.maps_memory, false)) --open.file->memory_users;
  if (remove != 0) open.file->shared_memory.clear();
  return SQLITE_OK;
}

int x_close(sqlite3_file* file) {
  x_unlock(file, SQLITE_LOCK_NONE);
  delete &of(file);
  return SQLITE_OK;
}

const sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = x_close,
    .xRead = x_read,
    .xWrite = x_write,
    .xTruncate = x_truncate,
    .xSync = x_sync,
    .xFileSize = x_file_size,
    .xLock = x_lock,
    .xUnlock = x_unlock,
    .xCheckReservedLock = x_check_reserved_lock,
    .xFileControl = x_file_control,
    .xSectorSize = x_sector_size,
    .xDeviceCharacteristics = x_device_characteristics,
    .xShmMap = x_shm_map,
    .xShmLock = x_shm_lock,
    .xShmBarrier = x_shm_barrier,
    .xShmUnmap = x_shm_unmap,
};

int x_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  auto open = std::make_unique<Open>();
  if (name == nullptr) {
    open->file = std::make_shared<MemoryDisk::File>();
  } else {
    open->disk = disk_of(name);
    open->path = name;
    if (open->disk == nullptr || open->disk->is_off()) return SQLITE_CANTOPEN;
    open->life = open->disk->life();
    open->file = open->disk->find(name);
    if (!open->file && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
    if (!open->file) open->file = open->disk->create(name);
  }
  reinterpret_cast<Handle*>(file)->open = open.release();
  file->pMethods = &kMethods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int x_delete(sqlite3_vfs*, const char* name, int sync_directory) {
  MemoryDisk* disk = disk_of(name);
  if (disk == nullptr || disk->is_off()) return SQLITE_IOERR_DELETE;
  disk->remove(name, sync_directory != 0);
  return SQLITE_OK;
}

int x_access(sqlite3_vfs*, const char* name, int, int* result) {
  const MemoryDisk* disk = disk_of(name);
  *result = disk != nullptr && disk->find(name) != nullptr ? 1 : 0;
  return SQLITE_OK;
}

int x_full_pathname(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

int x_randomness(sqlite3_vfs*, int size, char* out) {
  std::memset(out, 7, static_cast<size_t>(size));
  return size;
}

int x_sleep(sqlite3_vfs*, int microseconds) { return microseconds; }

int x_current_time(sqlite3_vfs*, double* days) {
  *days = 2461000.5;
  return SQLITE_OK;
}

int x_get_last_error(sqlite3_vfs*, int, char*) { return 0; }

constexpr const char* kName = "capstan-memory";

void set_up() {
  static const bool done = [] {
    sqlite3_config(SQLITE_CONFIG_URI, 1);
    static sqlite3_vfs vfs = {.iVersion = 1,
                              .szOsFile = sizeof(Handle),
                              .mxPathname = 512,
                              .zName = kName,
                              .xOpen = x_open,
                              .xDelete = x_delete,
                              .xAccess = x_access,
                              .xFullPathname = x_full_pathname,
                              .xRandomness = x_randomness,
                              .xSleep = x_sleep,
                              .xCurrentTime = x_current_time,
                              .xGetLastError = x_get_last_error};
    return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
  }();
  (void)done;
}

}  // namespace

std::string mount_memory_disk(MemoryDisk& disk) {
  set_up();
  static uint64_t count = 0;
  const std::string name = fmt::format("disk-{}", ++count);
  disks()[name] = &disk;
  return name;
}

void unmount_memory_disk(const std::string& name) { disks().erase(name); }

std::filesystem::path memory_disk_uri(const std::string& disk, std::string_view file) {
  return fmt::format("file:/{}/{}?vfs={}", disk, file, kName);
}

}  // namespace capstan::sim
