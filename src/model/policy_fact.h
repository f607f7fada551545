// The kinds of facts that policies' freezes and stages write; the others are in model/fact.h.
#pragma once

#include <string_view>

namespace capstan::fact_kind {
inline constexpr std::string_view kFreezeLifted = "freeze.lifted";    // A person lets a plan through a freeze.
inline constexpr std::string_view kFreezeLoaded = "freeze.loaded";    // What a file without a mistake says of freezes.
inline constexpr std::string_view kStagesBegun = "stages.begun";      // The first of steps that wait is wanted.
inline constexpr std::string_view kStagesDropped = "stages.dropped";  // The resource matches no more: no later step.
}  // namespace capstan::fact_kind
