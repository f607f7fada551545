// Points in time as HTTP has them in Date, Expires and Retry-After: "Sun, 30 Aug 2015 12:36:00 GMT".
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace capstan {

// Reads every form that servers are known to send, dashes and two-digit years among them (RFC 6265, section 5.1.1);
// always UTC. Nothing for what is no date.
std::optional<Time> read_http_date(std::string_view text);

}  // namespace capstan
