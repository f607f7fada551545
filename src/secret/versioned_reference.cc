#include "secret/versioned_reference.h"

#include <charconv>

#include "model/versioned_secrets.h"

namespace capstan::secret {
namespace {

std::unexpected<Error> no_reference() {
  return fail(ErrorCode::kInvalidArgument,
              "not a reference to a stored secret: expected secret:PATH#FIELD, secret:PATH#FIELD@VERSION or "
              "vault:PATH#FIELD");
}

Result<VersionedReference> parse_after(std::string_view prefix, std::string_view text) {
  if (!text.starts_with(prefix)) return no_reference();
  text.remove_prefix(prefix.size());
  const size_t hash = text.find('#');
  if (hash == std::string_view::npos) return no_reference();
  VersionedReference reference{.path = std::string(text.substr(0, hash))};
  std::string_view field = text.substr(hash + 1);
  if (const size_t at = field.find('@'); at != std::string_view::npos) {
    const std::string_view digits = field.substr(at + 1);
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), reference.version);
    if (problem != std::errc() || end != digits.data() + digits.size() || reference.version < 1) return no_reference();
    field = field.substr(0, at);
  }
  reference.field = field;
  const SecretFields fields = {{reference.field, Secret()}};
  if (!check_secret_path(reference.path) || !check_secret_fields(fields)) return no_reference();
  return reference;
}

}  // namespace

Result<VersionedReference> parse_versioned_reference(std::string_view text) { return parse_after("secret:", text); }

Result<VersionedReference> parse_leased_reference(std::string_view text) {
  VersionedReference reference = TRY(parse_after("vault:", text));
  if (reference.version != 0) return no_reference();
  return reference;
}

}  // namespace capstan::secret
