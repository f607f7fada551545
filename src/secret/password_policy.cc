#include "secret/password_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace capstan::secret {
namespace {

constexpr int kMostAttempts = 20'000;
constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kSpecial = "!#$%&*+-=?@^_~";

std::string named_charset(std::string_view name) {
  if (name == "lower") return std::string(kLower);
  if (name == "upper") return std::string(kUpper);
  if (name == "letters") return std::string(kLower) + std::string(kUpper);
  if (name == "digits") return std::string(kDigits);
  if (name == "alphanumeric") return std::string(kLower) + std::string(kUpper) + std::string(kDigits);
  if (name == "special") return std::string(kSpecial);
  return std::string(name);
}

void append(std::string& text, const std::string& charset, int64_t length, Random& random) {
  for (int64_t i = 0; i < length; ++i) text += charset[random.below(charset.size())];
}

bool fits(const std::string& password, const std::vector<CharsetRule>& rules) {
  return std::ranges::all_of(rules, [&](const CharsetRule& rule) {
    return std::ranges::count_if(password, [&](char c) { return rule.charset.contains(c); }) >= rule.least;
  });
}

Result<PasswordPart> read_part(const ConfigNode& node) {
  MapReader reader(node, "a part of a password");
  PasswordPart part;
  const std::string charset = reader.required_string("charset");
  part.length = reader.int_or("length", 1, 1, kLongestPassword);
  Result<std::string> characters = charset_of(named_charset(charset));
  if (!charset.empty() && !characters) reader.problem(reader.at("charset"), characters.error().message);
  TRY(reader.finish());
  part.charset = *std::move(characters);
  return part;
}

Result<PasswordPolicy> read_parts(const ConfigNode& node) {
  PasswordPolicy policy;
  for (const ConfigNode& item : node.items) {
    policy.parts.push_back(TRY(read_part(item)));
    policy.length += policy.parts.back().length;
  }
  if (policy.length >= kShortestPassword && policy.length <= kLongestPassword) return policy;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("the parts of a password have {} to {} characters together, found {}", kShortestPassword,
                          kLongestPassword, policy.length),
              node.where);
}

// The line breaks of a text in YAML are those of its file, less some; only the first line is known.
Result<PasswordPolicy> read_rules(const ConfigNode& node) {
  Result<PasswordPolicy> policy = parse_password_policy(node.scalar, "");
  if (!policy) return fail(ErrorCode::kInvalidArgument, "'rules': " + policy.error().to_string(), node.where);
  return policy;
}

}  // namespace

PasswordPolicy default_password_policy() {
  PasswordPolicy policy{.length = 24, .rules = {}, .parts = {}};
  for (const std::string_view name : {"lower", "upper", "digits", "special"}) {
    policy.rules.push_back({.charset = named_charset(name), .least = 1});
  }
  return policy;
}

Result<std::string> charset_of(std::string_view characters) {
  const auto is_printable = [](char c) { return c > ' ' && c < 0x7f; };
  if (characters.empty() || !std::ranges::all_of(characters, is_printable)) {
    return fail(ErrorCode::kInvalidArgument,
                "a set of characters needs at least one, of printable ASCII but the space");
  }
  std::string charset(characters);
  std::ranges::sort(charset);
  charset.erase(std::ranges::unique(charset).begin(), charset.end());
  return charset;
}

Result<PasswordPolicy> forbid(PasswordPolicy policy, std::string_view characters) {
  const auto without = [&](std::string& charset) {
    std::erase_if(charset, [&](char c) { return characters.find(c) != std::string_view::npos; });
    return !charset.empty();
  };
  if (std::ranges::all_of(policy.rules, without, &CharsetRule::charset) &&
      std::ranges::all_of(policy.parts, without, &PasswordPart::charset)) {
    return policy;
  }
  return fail(ErrorCode::kInvalidArgument, "'forbid' leaves a set of characters empty");
}

Result<PasswordPolicy> read_password_policy(const ConfigNode& node) {
  MapReader reader(node, "a password policy");
  const ConfigNode* parts = reader.node("parts");
  const ConfigNode* rules = reader.node("rules");
  const std::string forbidden = reader.string_or("forbid", "");
  Result<PasswordPolicy> policy = PasswordPolicy();
  if ((parts != nullptr) == (rules != nullptr)) {
    reader.problem(node, "a password policy needs one of 'parts' and 'rules'");
  } else if (parts) {
    policy = parts->is_sequence() ? read_parts(*parts)
                                  : fail(ErrorCode::kInvalidArgument, "'parts' must be a list", parts->where);
  } else {
    policy = read_rules(*rules);
  }
  reader.absorb(policy);
  TRY(reader.finish());
  policy = forbid(*std::move(policy), forbidden);
  if (!policy) policy.error().where = reader.at("forbid").where;
  return policy;
}

Result<Secret> generate_password(const PasswordPolicy& policy, Random& random) {
  std::string password;
  for (const PasswordPart& part : policy.parts) append(password, part.charset, part.length, random);
  if (!policy.parts.empty()) return Secret(std::move(password));
  std::string all;
  for (const CharsetRule& rule : policy.rules) all += rule.charset;
  all = TRY(charset_of(all));
  // To draw until one fits, and never to mend one, is what makes all that fit equally likely.
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    password.clear();
    append(password, all, policy.length, random);
    if (fits(password, policy.rules)) return Secret(std::move(password));
  }
  return fail(
      ErrorCode::kFailedPrecondition,
      fmt::format("none of {} random passwords fits the rules: ask for fewer characters of small sets, or for a "
                  "longer password",
                  kMostAttempts));
}

}  // namespace capstan::secret
