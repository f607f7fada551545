// The kinds of facts about Slack accounts that act as users; the others are in model/fact.h.
#pragma once

#include <string_view>

namespace capstan::fact_kind {
inline constexpr std::string_view kSlackLinked = "slack.linked";      // By a one-time code.
inline constexpr std::string_view kSlackUnlinked = "slack.unlinked";  // By its user, or an administrator.
}  // namespace capstan::fact_kind
