// The endpoints by which people decide: docs/reference/api.md, section Changing.
#pragma once

#include <vector>

#include "loop/control.h"
#include "serve/route.h"

namespace capstan::serve {

// `control` must outlive the routes.
std::vector<Route> changing_routes(loop::Control& control);

}  // namespace capstan::serve
