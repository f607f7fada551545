// Makes disks in memory known to SQLite: "file:/disk-3/ledger.db?vfs=capstan-memory" is a file of the third.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace capstan::sim {

class MemoryDisk;

// The first call sets SQLite up to understand such names, and must come before anything else has used SQLite. Gives the
// name of the disk.
std::string mount_memory_disk(MemoryDisk& disk);
void unmount_memory_disk(const std::string& name);
std::filesystem::path memory_disk_uri(const std::string& disk, std::string_view file);

}  // namespace capstan::sim
