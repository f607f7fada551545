#include "connect/host/mask_secrets.h"

#include <algorithm>

#include "base/mask_secrets.h"

namespace capstan::host {

std::string masked_command(std::string_view arguments, size_t limit) {
  // What lies beyond is never shown, so it need not be searched; a little more is looked at, as masking shortens.
  arguments = arguments.substr(0, limit * 4);
  std::string command;
  bool mask_next = false;
  while (!arguments.empty() && command.size() < limit) {
    const size_t end = std::min(arguments.find('\0'), arguments.size());
    std::string argument(arguments.substr(0, end));
    arguments.remove_prefix(std::min(end + 1, arguments.size()));
    const bool is_option = argument.starts_with('-');
    const bool announces =
        is_option && argument.find('=') == std::string::npos && speaks_of_secret(argument) && !names_a_place(argument);
    argument = mask_next && !is_option ? std::string(kMask) : mask_argument(std::move(argument));
    if (argument.starts_with("Bearer ") || argument.starts_with("Basic "))
      argument = argument.substr(0, argument.find(' ') + 1) + std::string(kMask);
    const size_t header = argument.find("uthorization:");
    if (header != std::string::npos) argument = argument.substr(0, header + 13) + " " + std::string(kMask);
    mask_next = announces;
    if (!command.empty()) command += ' ';
    command += argument;
  }
  std::replace_if(command.begin(), command.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  if (command.size() > limit) {
    size_t cut = limit;
    while (cut > 0 && (static_cast<unsigned char>(command[cut]) & 0xc0) == 0x80)
      --cut;  // Not inside a UTF-8 character.
    command.resize(cut);
  }
  return command;
}

}  // namespace capstan::host
