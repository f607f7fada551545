#include "connect/exec/exec_settings.h"

#include <fmt/format.h>

#include <map>

namespace capstan::exec {
namespace {

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

Result<ExecSettings> read_exec_settings(const ConfigNode& node) {
  ExecSettings settings;
  MapReader reader(node, "exec");
  settings.programs = reader.strings("programs");
  settings.user = reader.string_or("user", "");
  settings.users = reader.strings("users");
  settings.directory = reader.string_or("directory", settings.directory);
  std::map<std::string_view, std::string_view> by_name;
  for (const std::string& program : settings.programs) {
    if (!program.starts_with('/') || program.ends_with('/')) {
      reader.problem(reader.at("programs"), fmt::format("'programs' lists absolute paths, found '{}'", program));
      continue;
    }
    const auto [other, is_new] = by_name.emplace(base_name(program), program);
    if (!is_new)
      reader.problem(reader.at("programs"),
                     fmt::format("'programs' has two that are called '{}': {} and {}; a verb could mean either",
                                 base_name(program), other->second, program));
  }
  if (!settings.directory.starts_with('/'))
    reader.problem(reader.at("directory"), "'directory' must be an absolute path");
  TRY(reader.finish());
  return settings;
}

}  // namespace capstan::exec
