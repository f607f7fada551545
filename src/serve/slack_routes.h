// Where Slack delivers by HTTP what people do there: docs/slack.md. Public: each request is proven by its signature.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "serve/route.h"

namespace capstan::serve {

// One delivery: the door is "interactive" or "command"; timestamp and signature are the headers that prove it. Must
// return within three seconds. kUnauthenticated for what is not Slack's, kAlreadyExists for what was taken before,
// kNotFound where no signing secret is set.
using SlackDelivery = std::function<Status(std::string_view door, std::string_view timestamp,
                                           std::string_view signature, std::string_view body)>;

std::vector<Route> slack_routes(SlackDelivery deliver);

}  // namespace capstan::serve
