// The packs that are part of the program.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace capstan::cli {

// Writes them below `directory`, replacing what is there from another version, and gives that directory: packs are
// files like any other then, with paths and lines in messages.
Result<std::filesystem::path> unpack_packs(const std::filesystem::path& directory);

}  // namespace capstan::cli
