// What the values of settings mean: sizes, spans of time, addresses, URLs. Nothing here keeps a password.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace capstan::product {

enum class SettingType { kText, kInteger, kNumber, kBoolean, kBytes, kSeconds };
std::optional<SettingType> parse_setting_type(std::string_view name);

// The value as a number: bytes, seconds, 1 for what is on; nothing for text and for what is no such value. `unit` is of
// a number without one: ms, s, min, h, d; B, kB, 8kB, MB.
std::optional<double> number_of(SettingType type, std::string_view text, std::string_view unit);
// As a column of the type keeps it; null for what does not fit.
Json typed_value(SettingType type, const std::string& text, std::string_view unit);

struct Address {
  std::string scheme;  // "http", "postgresql"; may be empty.
  std::string host;    // "*" for all addresses, "" where none is written.
  int port = 0;        // 0 where none is written.
  std::string path;    // The database of a URL, the path of a socket.

  bool operator==(const Address&) const = default;
};

// "127.0.0.1:8080", "[::1]:80", "8080", "backend", "unix:/run/x", "http://backend/path",
// "jdbc:mariadb://db:3306/shop?…", "jdbc:vendor:thin:@db:8629:name". User, password and options are dropped. Nothing
// for what is no address.
std::optional<Address> parse_address(std::string_view text);

// The text with the user information and the options of a URL replaced: what may be shown of it.
std::string without_secrets(std::string_view text);

}  // namespace capstan::product
