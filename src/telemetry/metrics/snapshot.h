// What is in memory, written as one file of log records, so that the log before it can go.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "base/result.h"
#include "telemetry/metrics/head.h"
#include "telemetry/storage/write_ahead_log.h"

namespace capstan::telemetry {

// Stands for all of the log before `segment`. Replaces older snapshots.
Status write_snapshot(const std::filesystem::path& directory, uint64_t segment, const Head& head);

// Calls back for every record of the newest snapshot and returns the segment from which the log goes on; 0 without a
// snapshot. Damage is added to `report`.
Result<uint64_t> read_snapshot(const std::filesystem::path& directory,
                               const std::function<bool(std::string_view payload)>& use, ReplayReport& report);

}  // namespace capstan::telemetry
