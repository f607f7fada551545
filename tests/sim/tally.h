// How often each kind of fault struck and each way of recovery was taken, over all worlds of a run: a fault that never
// happens proves nothing.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::sim {

class Tally {
 public:
  void count(std::string_view what) { ++counts_[std::string(what)]; }
  void add(const Tally& other);
  uint64_t of(std::string_view what) const;

  // Those of `wanted` that never happened.
  std::vector<std::string> missing(std::span<const std::string_view> wanted) const;
  // A line each, sorted by name.
  std::string table() const;

 private:
  std::map<std::string, uint64_t, std::less<>> counts_;
};

// Every kind of fault that a life of a world knows, by the name under which it is counted.
std::span<const std::string_view> all_faults();
// Every way in which Capstan goes on after a fault.
std::span<const std::string_view> all_recoveries();

}  // namespace capstan::sim
