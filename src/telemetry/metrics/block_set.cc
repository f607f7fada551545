#include "telemetry/metrics/block_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <system_error>

#include "base/file.h"
#include "telemetry/metrics/block_writer.h"

namespace capstan::telemetry {
namespace {

constexpr std::string_view kCorruptSuffix = ".corrupt";

void sort_by_time(Blocks& blocks) {
  std::ranges::stable_sort(blocks, {}, [](const auto& block) { return block->from_ms(); });
}

Status remove_tree(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) {
    return fail(errno_code(error.value()), fmt::format("cannot remove {}: {}", path.string(), error.message()));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<BlockSet>> BlockSet::open(std::filesystem::path directory, std::vector<std::string>& problems) {
  TRY(make_directory(directory));
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) paths.push_back(entry.path());
  if (error) {
    return fail(errno_code(error.value()), fmt::format("cannot list {}: {}", directory.string(), error.message()));
  }
  std::unique_ptr<BlockSet> set(new BlockSet(directory));
  Blocks blocks;
  for (const std::filesystem::path& path : paths) {
    if (path.extension() == kDraftSuffix) {
      TRY(remove_tree(path));
      continue;
    }
    if (path.extension() == kCorruptSuffix) continue;
    Result<std::shared_ptr<const Block>> block = Block::open(path);
    if (block) {
      blocks.push_back(*std::move(block));
      continue;
    }
    problems.push_back(block.error().message + "; it was set aside");
    std::filesystem::rename(path, path.string() + std::string(kCorruptSuffix), error);
  }
  sort_by_time(blocks);
  set->blocks_.write([&](Blocks& all) { all = std::move(blocks); });
  return set;
}

// The name tells people the time; the last part keeps blocks of the same window apart.
std::filesystem::path BlockSet::free_name(int64_t from_ms, int64_t to_ms) const {
  for (int part = 0;; ++part) {
    std::filesystem::path path = directory_ / fmt::format("{}-{}-{}", from_ms, to_ms, part);
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored) &&
        !std::filesystem::exists(path.string() + std::string(kCorruptSuffix), ignored)) {
      return path;
    }
  }
}

Status BlockSet::add(const std::vector<FoundSeries>& series) {
  if (series.empty()) return {};
  int64_t from_ms = std::numeric_limits<int64_t>::max();
  int64_t to_ms = std::numeric_limits<int64_t>::min();
  for (const FoundSeries& one : series) {
    for (const ChunkView& chunk : one.chunks) {
      from_ms = std::min(from_ms, chunk.from_ms);
      to_ms = std::max(to_ms, chunk.to_ms);
    }
  }
  const std::filesystem::path path = free_name(from_ms, to_ms);
  TRY(write_block(path, TRY(encode_block(series))));
  std::shared_ptr<const Block> block = TRY(Block::open(path));
  blocks_.write([&](Blocks& all) {
    all.push_back(std::move(block));
    sort_by_time(all);
  });
  return {};
}

Status BlockSet::retain(int64_t before_ms, uint64_t max_bytes) {
  Blocks removed;
  blocks_.write([&](Blocks& all) {
    uint64_t total = 0;
    for (const auto& block : all) total += block->bytes();
    std::erase_if(all, [&](const auto& block) {
      if (block->to_ms() >= before_ms && total <= max_bytes) return false;
      total -= block->bytes();
      removed.push_back(block);
      return true;
    });
  });
  for (const auto& block : removed) {
    // Under a draft's name first, so that what a crash leaves of it is not taken for a damaged block.
    const std::filesystem::path draft = block->directory().string() + kDraftSuffix;
    std::error_code error;
    std::filesystem::rename(block->directory(), draft, error);
    TRY(remove_tree(error ? block->directory() : draft));
  }
  return {};
}

Blocks BlockSet::all() const {
  return blocks_.read([](const Blocks& all) { return all; });
}

uint64_t BlockSet::bytes() const {
  return blocks_.read([](const Blocks& all) {
    uint64_t total = 0;
    for (const auto& block : all) total += block->bytes();
    return total;
  });
}

}  // namespace capstan::telemetry
