// Hides what must not be shown in a command line: passwords, tokens, keys.
#pragma once

#include <string>
#include <string_view>

namespace capstan::host {

// The arguments of a process, separated by zero bytes as /proc/PID/cmdline has them, as one line for people. Values of
// options and variables whose name speaks of a secret, credentials in URLs, and well-known forms of tokens become
// "***". Control characters become blanks. At most `limit` bytes.
std::string masked_command(std::string_view arguments, size_t limit = 512);

}  // namespace capstan::host
