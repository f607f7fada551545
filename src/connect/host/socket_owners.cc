#include "connect/host/socket_owners.h"

#include <algorithm>
#include <unordered_set>

#include "connect/host/open_files.h"

namespace capstan::host {
namespace {

// A socket whose owner two whole searches did not find belongs to the kernel or to another container.
constexpr int kMostSearches = 2;

}  // namespace

void SocketOwners::find(ProcessTable& table, const std::vector<uint64_t>& inodes, size_t budget) {
  const std::unordered_set<uint64_t> wanted(inodes.begin(), inodes.end());
  std::erase_if(
      owners_, [&](const auto& entry) { return !wanted.contains(entry.first) || table.find(entry.second) == nullptr; });
  std::erase_if(fruitless_, [&](const auto& entry) { return !wanted.contains(entry.first); });
  const auto is_open = [&](uint64_t inode) {
    if (inode == 0 || owners_.contains(inode)) return false;
    const auto searches = fruitless_.find(inode);
    return searches == fruitless_.end() || searches->second < kMostSearches;
  };
  if (std::none_of(wanted.begin(), wanted.end(), is_open)) {
    to_search_.clear();
    return;
  }
  if (to_search_.empty()) {
    for (const auto& [pid, process] : table.processes()) to_search_.push_back(pid);
    std::sort(to_search_.begin(), to_search_.end(), [&](int a, int b) {
      return table.processes().at(a).key().start_ticks < table.processes().at(b).key().start_ticks;
    });
  }
  for (; budget > 0 && !to_search_.empty(); --budget) {
    const int pid = to_search_.back();
    to_search_.pop_back();
    const auto process = table.processes().find(pid);
    if (process == table.processes().end()) continue;
    std::unordered_set<uint64_t> held;
    for (const OpenFile& file : read_open_files(table.files(), pid, 1024).files) {
      if (file.kind == FileKind::kSocket && wanted.contains(file.inode)) held.insert(file.inode);
    }
    for (const uint64_t inode : held) {
      const auto known = owners(inode);
      if (std::find(known.begin(), known.end(), process->second.key()) == known.end())
        owners_.emplace(inode, process->second.key());
    }
  }
  if (!to_search_.empty()) return;
  for (const uint64_t inode : wanted) {
    if (is_open(inode)) ++fruitless_[inode];
  }
}

std::vector<ProcessKey> SocketOwners::owners(uint64_t inode) const {
  std::vector<ProcessKey> found;
  const auto [from, to] = owners_.equal_range(inode);
  for (auto entry = from; entry != to; ++entry) found.push_back(entry->second);
  return found;
}

}  // namespace capstan::host
