// Writes finished chunks as a block: a directory of an index and a chunks file that never change again.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "telemetry/metrics/found_series.h"

namespace capstan::telemetry {

struct BlockBytes {
  std::string index;
  std::string chunks;
};

// `series` sorted by labels, each with chunks that rise in time. kResourceExhausted when the index would outgrow its
// 32-bit counts.
Result<BlockBytes> encode_block(const std::vector<FoundSeries>& series);

// Writes beside `directory`, syncs and renames: after a crash there is the whole block or none.
Status write_block(const std::filesystem::path& directory, const BlockBytes& bytes);

// What write_block leaves behind when it is cut off has this ending.
inline constexpr const char* kDraftSuffix = ".draft";

}  // namespace capstan::telemetry
