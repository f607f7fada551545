// What a password has to look like, and passwords that do.
//
// Two forms. Rules, in the words of Vault's password policies: a length, and sets of characters of which so many must
// occur; every password that fits is equally likely. Parts, in their order: six letters, then four digits, then two
// special characters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/random.h"
#include "base/result.h"
#include "model/secret.h"

namespace capstan::secret {

struct CharsetRule {
  std::string charset;  // Each character once, sorted.
  int64_t least = 0;    // So many of them at least.

  bool operator==(const CharsetRule&) const = default;
};

struct PasswordPart {
  std::string charset;
  int64_t length = 0;

  bool operator==(const PasswordPart&) const = default;
};

struct PasswordPolicy {
  int64_t length = 0;  // With rules.
  std::vector<CharsetRule> rules;
  std::vector<PasswordPart> parts;  // Then there are no rules.

  bool operator==(const PasswordPolicy&) const = default;
};

inline constexpr int64_t kShortestPassword = 4;
inline constexpr int64_t kLongestPassword = 1'000;

// `length = 20`, then blocks `rule "charset" { charset = "abc" min-chars = 1 }`, with comments as of "#", "//" or
// within "/* */". kInvalidArgument says where and what was expected.
Result<PasswordPolicy> parse_password_policy(std::string_view text, std::string_view file);

// A policy of the settings: `{ rules: TEXT }` or `{ parts: [{ charset: letters, length: 6 }, …] }`, both with
// `forbid: "0O1lI"`. A charset is lower, upper, letters, digits, alphanumeric or special, or the characters themselves.
Result<PasswordPolicy> read_password_policy(const ConfigNode& node);

// Where nobody says otherwise: 24 letters, digits and special characters, at least one of each.
PasswordPolicy default_password_policy();

// The characters once and sorted; kInvalidArgument for none, and for others than printable ASCII without the space.
Result<std::string> charset_of(std::string_view characters);

// Without these characters; kInvalidArgument where that leaves a set empty.
Result<PasswordPolicy> forbid(PasswordPolicy policy, std::string_view characters);

// kFailedPrecondition where the rules are so strict that none of many random passwords fits.
Result<Secret> generate_password(const PasswordPolicy& policy, Random& random);

}  // namespace capstan::secret
