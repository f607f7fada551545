// Where a link leads.
#pragma once

#include <string>
#include <string_view>

namespace capstan {

// The URL that `reference` means on the page at `base` (RFC 3986, section 5), with a lower-case host and without the
// port that goes without saying; "" for what is none of http or https.
std::string resolve_url(std::string_view base, std::string_view reference);

}  // namespace capstan
