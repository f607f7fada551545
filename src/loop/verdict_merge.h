// What was decided over all of a policy's resources, brought up to date where a few of them were decided over anew.
#pragma once

#include <vector>

#include "decide/decide.h"

namespace capstan::loop {

// What a decision says of others than `changed`, which is sorted.
decide::Situation::Rest beside(const decide::Decision& decision, const std::vector<ResourceId>& changed);

// Puts what was `decided` over `changed` in the place of what was decided over them before.
void merge(decide::Decision& decision, const std::vector<ResourceId>& changed, decide::Decision decided);

}  // namespace capstan::loop
