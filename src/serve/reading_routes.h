// The endpoints that only read: docs/reference/api.md, section Reading.
#pragma once

#include <vector>

#include "base/clock.h"
#include "loop/control.h"
#include "serve/route.h"

namespace capstan::serve {

// Both must outlive the routes.
std::vector<Route> reading_routes(const loop::Control& control, const Clock& clock);

}  // namespace capstan::serve
