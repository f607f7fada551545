// The paths about a fleet: violations of rules about configuration and their mutes, versions of resources, the map.
#pragma once

#include <vector>

#include "base/clock.h"
#include "loop/control.h"
#include "serve/route.h"

namespace capstan::serve {

std::vector<Route> fleet_routes(loop::Control& control, const Clock& clock);

}  // namespace capstan::serve
