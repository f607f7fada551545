#include "tell/console_channel.h"

#include <fmt/format.h>

namespace capstan::tell {
namespace {

// What comes from outside must not drive the terminal.
std::string printable(std::string_view text) {
  std::string out;
  for (char c : text) out += static_cast<unsigned char>(c) < 0x20 && c != '\n' ? ' ' : c;
  return out;
}

// Every line of it below the title.
std::string indented(std::string_view text) {
  std::string out = "  ";
  for (char c : printable(text)) {
    out += c;
    if (c == '\n') out += "  ";
  }
  return out + "\n";
}

}  // namespace

Delivery ConsoleChannel::send(const Message& message, const std::string&, const std::stop_token&) {
  std::string text = "\n" + printable(message.title) + "\n";
  for (const auto& [name, value] : message.fields) text += fmt::format("  {}: {}\n", name, printable(value));
  if (!message.text.empty()) text += indented(message.text);
  for (const std::string& line : message.code_lines) text += "  | " + printable(line) + "\n";
  if (!message.url.empty()) text += "  " + message.url + "\n";
  if (std::fputs(text.c_str(), out_) < 0 || std::fflush(out_) != 0) {
    return {.status = fail(ErrorCode::kUnavailable, "the terminal is gone"), .retry = false};
  }
  return {};
}

}  // namespace capstan::tell
