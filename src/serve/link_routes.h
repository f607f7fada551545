// Which chat accounts act as which users: docs/reference/api.md, section Slack.
#pragma once

#include <vector>

#include "serve/link_codes.h"
#include "serve/session_routes.h"

namespace capstan::serve {

// `codes` must outlive the routes.
std::vector<Route> link_routes(const SessionParts& parts, LinkCodes& codes);

}  // namespace capstan::serve
