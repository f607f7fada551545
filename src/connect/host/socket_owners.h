// Which process holds a socket. The kernel does not say; it is found among the open files of processes, and remembered.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "connect/host/process_table.h"

namespace capstan::host {

// Not thread-safe.
class SocketOwners {
 public:
  // Looks for the owners of these sockets. Only when one is not known yet are processes looked into, `budget` of them
  // a call, the newest first, so that a machine with many is searched over several calls.
  void find(ProcessTable& table, const std::vector<uint64_t>& inodes, size_t budget = 300);

  // The owners found so far; a socket inherited by workers has several.
  std::vector<ProcessKey> owners(uint64_t inode) const;

 private:
  std::unordered_multimap<uint64_t, ProcessKey> owners_;
  std::unordered_map<uint64_t, int> fruitless_;  // How many whole searches found nobody.
  std::vector<int> to_search_;
};

}  // namespace capstan::host
