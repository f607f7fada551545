#include "model/versioned_secrets.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/mask_secrets.h"

namespace capstan {
namespace {

constexpr size_t kLongestPath = 512;
constexpr size_t kMostFields = 100;
constexpr size_t kLongestName = 128;
constexpr size_t kMostBytes = 256 << 10;

bool fits_path(char c) { return c > ' ' && c < 0x7f && std::string_view("#%?\"\\").find(c) == std::string_view::npos; }

bool fits_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

bool has_bad_segment(std::string_view path) {
  while (true) {
    const size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    if (segment.empty() || segment == "." || segment == "..") return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

void tell_of_secrets(const SecretFields& fields, const SecretHeard& heard) {
  for (const auto& [name, value] : fields) {
    if (fields.size() == 1 || speaks_of_secret(name)) heard(value.reveal());
  }
}

Status check_secret_path(std::string_view path) {
  if (path.size() > kLongestPath || !std::ranges::all_of(path, fits_path) || has_bad_segment(path)) {
    // Not repeated: it may be a secret that was put in the wrong place.
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("not the path of a secret: expected names separated by '/', of printable ASCII but "
                            "# % ? \" \\, at most {} bytes",
                            kLongestPath));
  }
  return {};
}

Status check_secret_prefix(std::string_view prefix) {
  if (prefix.empty()) return {};
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  return check_secret_path(prefix);
}

Status check_secret_fields(const SecretFields& fields) {
  if (fields.empty()) return fail(ErrorCode::kInvalidArgument, "a secret needs at least one field");
  if (fields.size() > kMostFields) {
    return fail(ErrorCode::kResourceExhausted, fmt::format("a secret has at most {} fields", kMostFields));
  }
  size_t bytes = 0;
  for (const auto& [name, value] : fields) {
    if (name.empty() || name.size() > kLongestName || !std::ranges::all_of(name, fits_name)) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("not the name of a field: expected letters, digits, '_', '-' and '.', at most {} bytes",
                              kLongestName));
    }
    bytes += name.size() + value.reveal().size();
  }
  if (bytes <= kMostBytes) return {};
  return fail(ErrorCode::kResourceExhausted,
              fmt::format("a secret of {} bytes is larger than the limit of {}", bytes, kMostBytes));
}

Error version_conflict(std::string_view path, int64_t expected, int64_t found) {
  if (expected == VersionedSecretStore::kMustNotExist) {
    return {ErrorCode::kFailedPrecondition,
            fmt::format("the secret {} should not exist yet (version 0), but has version {}", path, found),
            {}};
  }
  return {ErrorCode::kFailedPrecondition,
          fmt::format("the secret {} has changed: expected version {}, but the newest is {}", path, expected, found),
          {}};
}

}  // namespace capstan
