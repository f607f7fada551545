#include "loop/secret_settings.h"

namespace capstan::loop {
namespace {

constexpr int64_t kMostVersions = 100;

bool names_a_key(std::string_view text) {
  return text.empty() || text.starts_with("file:/") || text.starts_with("env:") || text.starts_with("credential:");
}

}  // namespace

Result<SecretSettings> read_secret_settings(const ConfigNode& node) {
  MapReader reader(node, "secrets");
  SecretSettings settings;
  settings.key = reader.string_or("key", "");
  settings.versions = reader.int_or("versions", settings.versions, 1, kMostVersions);
  if (!names_a_key(settings.key)) {
    reader.problem(reader.at("key"), "'key' must say where the key is: file:/path, env:NAME or credential:NAME");
  }
  TRY(reader.finish());
  return settings;
}

}  // namespace capstan::loop
