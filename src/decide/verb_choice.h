// Finds the verb that a policy means.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/verb.h"

namespace capstan::decide {

// The verb by its full name, or by its last part ("stop_process") when only one that takes `kind` ("" for any) has it.
Result<const VerbSpec*> choose_verb(std::span<const VerbSpec* const> verbs, std::string_view name,
                                    std::string_view kind);

// The verb that leads to a state of the kind by its habitual name: running by "start…", stopped by "stop…".
Result<const VerbSpec*> choose_verb_for_state(std::span<const VerbSpec* const> verbs, std::string_view state,
                                              std::string_view kind);

// What a field habitually says when a resource is in a state: running is also "active" or "up". Just the state itself
// where no habit is known.
std::vector<std::string> habitual_values(std::string_view state);

}  // namespace capstan::decide
