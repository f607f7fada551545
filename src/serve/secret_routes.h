// Stored secrets, for administrators.
#pragma once

#include <vector>

#include "loop/control.h"
#include "serve/route.h"

namespace capstan::serve {

std::vector<Route> secret_routes(loop::Control& control);

}  // namespace capstan::serve
