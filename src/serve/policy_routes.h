// The routes about what policies decide and what people decide instead of them.
#pragma once

#include <vector>

#include "loop/control.h"
#include "serve/route.h"

namespace capstan::serve {

// `control` must outlive the routes.
std::vector<Route> policy_routes(loop::Control& control);

}  // namespace capstan::serve
