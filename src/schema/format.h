// Forms of texts and numbers that a schema names by `format`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/words.h"

namespace capstan::schema {

enum class Format : uint8_t {
  kNone,         // None, or one that is not checked.
  kInt32,        // Between -2^31 and 2^31 - 1.
  kInt64,        //
  kDateTime,     // RFC 3339: 2026-01-31T08:00:00Z
  kDate,         // 2026-01-31
  kByte,         // Base64.
  kQuantity,     // Kubernetes' amounts: 500m, 1Gi; also a number.
  kIntOrString,  // Either.
  kUuid,
  kIpv4,
  kIpv6,
};

// kNone for a name that is not known.
Format parse_format(std::string_view name);

// Whether a text has the form; formats of numbers, and none, take every text.
bool has_format(Format format, std::string_view text);
// What is expected, for people: "a time as 2026-01-31T08:00:00Z".
Words describe(Format format);

}  // namespace capstan::schema
