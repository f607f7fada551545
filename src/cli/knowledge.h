// The manuals and steps of packs and of a user, for commands that need no running Capstan.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "diagnose/diagnosis_file.h"
#include "manual/manual_shelf.h"

namespace capstan::cli {

// `packs` holds packs (packs.h), `config` is the user's directory, which need not exist. Those of the user come first.
std::vector<manual::ManualText> manual_texts(const std::filesystem::path& packs, const std::filesystem::path& config);
// Those of the user come last.
std::vector<diagnose::DiagnosisText> diagnosis_texts(const std::filesystem::path& packs,
                                                     const std::filesystem::path& config);

}  // namespace capstan::cli
