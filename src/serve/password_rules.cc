#include "serve/password_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace capstan::serve {
namespace {

constexpr size_t kLongestName = 64;
constexpr size_t kShortestPassword = 12;
constexpr size_t kLongestPassword = 1024;  // Hashing is the same work for all; reading must have a limit.

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

size_t count_characters(std::string_view utf8) {
  return static_cast<size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_repetition_of(std::string_view text, std::string_view word) {
  if (word.empty()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != word[i % word.size()]) return false;
  }
  return true;
}

}  // namespace

Status check_name(std::string_view what, std::string_view name) {
  const bool valid =
      !name.empty() && name.size() <= kLongestName && is_name_start(name.front()) &&
      std::ranges::all_of(name, [](char c) { return is_name_start(c) || c == '.' || c == '_' || c == '-'; });
  if (valid) return {};
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("'{}' is no {} name: expected 1 to {} of a-z, 0-9, '.', '_', '-', beginning with a letter or a digit",
                  name.substr(0, kLongestName), what, kLongestName));
}

Status check_password(std::string_view user, std::string_view password) {
  if (password.size() > kLongestPassword) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("a password has at most {} bytes", kLongestPassword));
  }
  if (count_characters(password) < kShortestPassword) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("a password has at least {} characters", kShortestPassword));
  }
  if (is_repetition_of(password, user)) {
    return fail(ErrorCode::kInvalidArgument, "the user's name is no password");
  }
  return {};
}

}  // namespace capstan::serve
