// Links in the headers of an answer (RFC 8288): <https://host/items?page=2>; rel="next"
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/http_client.h"

namespace capstan::rest {

// The target of the first link of that relation, as it stands there: a URL, or a reference within one.
std::optional<std::string> find_link(const HttpHeaders& headers, std::string_view relation);

}  // namespace capstan::rest
