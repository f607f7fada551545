#include "connect/host/mask_secrets.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace capstan::host {
namespace {

constexpr std::string_view kMask = "***";

// What the name of an option or variable contains when its value is a secret.
constexpr std::array<std::string_view, 13> kSecretWords = {
    "password", "passwd",     "passphrase", "secret",     "token",       "apikey",     "api-key",
    "api_key",  "access-key", "access_key", "credential", "private-key", "private_key"};
// How tokens of widespread services begin.
constexpr std::array<std::string_view, 10> kTokenPrefixes = {"xoxb-",       "xoxp-",  "xapp-", "ghp_", "gho_",
                                                             "github_pat_", "glpat-", "AKIA",  "eyJ",  "sk-"};

bool speaks_of_secret(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower == "-p" || lower == "--pass" || lower == "pass" || lower.ends_with("_pass") || lower.ends_with("-pass") ||
      lower == "--auth" || lower == "pgpassword") {
    return lower != "-p";  // Too many programs mean a port or a path by -p.
  }
  return std::any_of(kSecretWords.begin(), kSecretWords.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

// A name of a file or a flag is no secret: "--token-file=/etc/x" must stay readable.
bool names_a_place(std::string_view name) {
  return name.ends_with("file") || name.ends_with("path") || name.ends_with("dir") || name.ends_with("-required");
}

// "https://user:word@host" keeps the user.
std::string mask_url(std::string argument) {
  const size_t scheme = argument.find("://");
  if (scheme == std::string::npos) return argument;
  const size_t start = scheme + 3;
  const size_t end = argument.find_first_of("/?#", start);
  const size_t at = argument.rfind('@', end == std::string::npos ? end : end);
  if (at == std::string::npos || at < start || (end != std::string::npos && at > end)) return argument;
  const size_t colon = argument.find(':', start);
  if (colon == std::string::npos || colon > at) return argument;
  return argument.replace(colon + 1, at - colon - 1, kMask);
}

// Queries of URLs and lists of options: "…?token=abc&x=1" and "--set=a=1,password=b".
std::string mask_pairs(std::string argument) {
  size_t from = 0;
  while (true) {
    const size_t equals = argument.find_first_of("=:", from);
    if (equals == std::string::npos) return argument;
    size_t name_end = equals;  // Without the closing quotes of JSON.
    while (name_end > 0 && (argument[name_end - 1] == '"' || argument[name_end - 1] == '\'')) --name_end;
    const std::string_view before = std::string_view(argument).substr(0, name_end);
    const std::string_view name = before.substr(before.find_last_of("?&;, \"'{") + 1);  // npos + 1 is 0.
    from = equals + 1;
    if (argument.compare(equals, 3, "://") == 0 || !speaks_of_secret(name) || names_a_place(name)) continue;
    size_t value_start = argument.find_first_not_of(" \"'", from);
    if (value_start == std::string::npos) return argument;
    const size_t value_end = std::min(argument.find_first_of("&;, \"'}", value_start), argument.size());
    argument.replace(value_start, value_end - value_start, kMask);
    from = value_start + kMask.size();
  }
}

std::string mask_argument(std::string argument) {
  for (const std::string_view prefix : kTokenPrefixes) {
    if (argument.size() >= prefix.size() + 12 && argument.starts_with(prefix))
      return std::string(prefix) + std::string(kMask);
  }
  return mask_pairs(mask_url(std::move(argument)));
}

}  // namespace

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
