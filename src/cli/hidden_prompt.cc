#include "cli/hidden_prompt.h"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <iostream>

namespace capstan::cli {

Result<std::string> ask_hidden(const std::string& field) {
  termios before{};
  if (::tcgetattr(STDIN_FILENO, &before) != 0) return fail(ErrorCode::kInternal, "cannot ask at this terminal");
  termios silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  fmt::print(stderr, "{}: ", field);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  std::string line;
  const bool got = static_cast<bool>(std::getline(std::cin, line));
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
  fmt::print(stderr, "\n");
  if (!got) return fail(ErrorCode::kCancelled, "nothing was typed");
  return line;
}

}  // namespace capstan::cli
