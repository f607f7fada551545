// Where the key of the sealed store comes from: a file, the environment, a credential of systemd.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace capstan::secret {

// The value of an environment variable, or nothing.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The environment of this process.
Environment process_environment();

// "file:/path", "env:NAME" or "credential:NAME", which systemd passes in $CREDENTIALS_DIRECTORY. One line break at the
// end is not part of the key. kPermissionDenied for a file that others than its owner may read, or that belongs to
// another user than ours or root.
Result<std::string> read_key(std::string_view reference, const Environment& environment);
Result<std::string> read_key_file(const std::filesystem::path& path);

// Of 32 random bytes, as text, readable by its owner only; durable when it returns.
Status write_new_key(const std::filesystem::path& path, Random& random);

}  // namespace capstan::secret
