#include "secret/versioned_reference.h"

#include <charconv>

#include "model/versioned_secrets.h"

namespace capstan::secret {
namespace {

constexpr std::string_view kPrefix = "secret:";

std::unexpected<Error> no_reference() {
  return fail(ErrorCode::kInvalidArgument,
              "not a reference to a stored secret: expected secret:PATH#FIELD or secret:PATH#FIELD@VERSION");
}

}  // namespace

Result<VersionedReference> parse_versioned_reference(std::string_view text) {
  if (!text.starts_with(kPrefix)) return no_reference();
  text.remove_prefix(kPrefix.size());
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

}  // namespace capstan::secret
