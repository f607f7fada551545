// An entry of a manual for people at a terminal.
#pragma once

#include <string>

#include "model/manual.h"

namespace capstan::manual {

std::string to_text(const ManualEntry& entry);

}  // namespace capstan::manual
