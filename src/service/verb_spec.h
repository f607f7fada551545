// What every document that describes a verb says, however the verb is done: its name, on what it acts, with what.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/config.h"
#include "model/verb.h"

namespace capstan::service {

// Reads verb, title, help, on, danger, idempotent, hinders_undo and parameters of `document`, which `map` reads. What
// is wrong is added to `problems`, or kept by `map`.
VerbSpec read_verb_spec(MapReader& map, const ConfigNode& document, std::span<const KindSpec> kinds,
                        std::vector<Error>& problems);

// The kind of that name; nullptr, and a problem with the nearest name, where no pack declares it.
const KindSpec* find_kind(const std::string& name, const ConfigNode& at, std::span<const KindSpec> kinds,
                          std::vector<Error>& problems);

}  // namespace capstan::service
