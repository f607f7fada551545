// What those who watch Capstan ask, and the stream of live updates.
#pragma once

#include <vector>

#include "loop/control.h"
#include "serve/authenticator.h"
#include "serve/event_hub.h"
#include "serve/route.h"

namespace capstan::serve {

// All must outlive the routes.
std::vector<Route> status_routes(const loop::Control& control, EventHub& events, const Authenticator& authenticator);

}  // namespace capstan::serve
