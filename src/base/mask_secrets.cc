#include "base/mask_secrets.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace capstan {
namespace {

// What the name of an option or variable contains when its value is a secret.
constexpr std::array<std::string_view, 13> kSecretWords = {
    "password", "passwd",     "passphrase", "secret",     "token",       "apikey",     "api-key",
    "api_key",  "access-key", "access_key", "credential", "private-key", "private_key"};
// How tokens of widespread services begin.
constexpr std::array<std::string_view, 10> kTokenPrefixes = {"xoxb-",       "xoxp-",  "xapp-", "ghp_", "gho_",
                                                             "github_pat_", "glpat-", "AKIA",  "eyJ",  "sk-"};

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
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
    const std::string_view name = before.substr(before.find_last_of("?&;, \"'{\n") + 1);  // npos + 1 is 0.
    from = equals + 1;
    if (argument.compare(equals, 3, "://") == 0 || !speaks_of_secret(name) || names_a_place(name)) continue;
    size_t value_start = argument.find_first_not_of(" \"'", from);
    if (value_start == std::string::npos) return argument;
    const size_t value_end = std::min(argument.find_first_of("&;, \"'}\n", value_start), argument.size());
    argument.replace(value_start, value_end - value_start, kMask);
    from = value_start + kMask.size();
  }
}

}  // namespace

bool speaks_of_secret(std::string_view name) {
  const std::string lower = lower_case(name);
  if (lower == "-p" || lower == "--pass" || lower == "pass" || lower.ends_with("_pass") || lower.ends_with("-pass") ||
      lower == "--auth" || lower == "pgpassword") {
    return lower != "-p";  // Too many programs mean a port or a path by -p.
  }
  return std::any_of(kSecretWords.begin(), kSecretWords.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

bool names_a_place(std::string_view name) {
  const std::string lower = lower_case(name);
  return lower.ends_with("file") || lower.ends_with("path") || lower.ends_with("dir") || lower.ends_with("-required");
}

std::string mask_argument(std::string argument) {
  for (const std::string_view prefix : kTokenPrefixes) {
    if (argument.size() >= prefix.size() + 12 && argument.starts_with(prefix))
      return std::string(prefix) + std::string(kMask);
  }
  return mask_pairs(mask_url(std::move(argument)));
}

}  // namespace capstan
