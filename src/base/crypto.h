// Hashes, passwords and encodings, from libsodium; what libsodium refuses to know is OpenSSL's.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace capstan {

using Sha256 = std::array<uint8_t, 32>;

// Must be called once before any other function here; aborts when the library cannot start.
void start_crypto();

Sha256 sha256(std::string_view data);
Sha256 hmac_sha256(std::string_view key, std::string_view data);
// 16 bytes. Broken as a protection; protocols ask for it as a checksum.
std::string md5(std::string_view data);

std::string hex(std::string_view bytes);
std::string hex(const Sha256& digest);
Result<std::string> unhex(std::string_view text);
std::string base64(std::string_view bytes);
// URL-safe alphabet without padding.
std::string base64url(std::string_view bytes);
Result<std::string> unbase64(std::string_view text);

// `bytes` random bytes as URL-safe text: a token or a session id.
std::string random_token(Random& random, size_t bytes = 32);

// Argon2id with libsodium's interactive limits, in the PHC string form that carries its own salt and parameters.
Result<std::string> hash_password(std::string_view password);
bool verify_password(std::string_view hash, std::string_view password);

// Takes the same time wherever the texts differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace capstan
