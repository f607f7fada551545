// The files in which AWS' tools keep profiles: ~/.aws/config and ~/.aws/credentials.
// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace capstan::aws {

using ProfileSettings = std::map<std::string, std::string, std::less<>>;
using Profiles = std::map<std::string, ProfileSettings, std::less<>>;

enum class ConfigFileKind {
  kConfig,       // "[profile dev]", "[default]"
  kCredentials,  // "[dev]"
};

// Sections that are no profiles and settings nested below another one are left out. Errors name the line and never what
// stands in it: it may be a key.
Result<Profiles> parse_config_file(std::string_view text, std::string_view file, ConfigFileKind kind);

}  // namespace capstan::aws
