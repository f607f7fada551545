// Tells by its name or its form what is a secret in texts that people wrote for programs: arguments, variables,
// settings.
#pragma once

#include <string>
#include <string_view>

namespace capstan {

// What stands for a secret.
inline constexpr std::string_view kMask = "***";

// Whether the name of an option, a variable or a setting says that its value is a secret: "--password", "DB_TOKEN".
bool speaks_of_secret(std::string_view name);
// A name of a file or a flag is no secret: "--token-file=/etc/x" must stay readable.
bool names_a_place(std::string_view name);

// One argument or value, with credentials in URLs, values after names that speak of a secret, and well-known forms of
// tokens masked.
std::string mask_argument(std::string argument);

}  // namespace capstan
