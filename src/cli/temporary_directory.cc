#include "cli/temporary_directory.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "base/file.h"

namespace capstan::cli {

Result<std::unique_ptr<TemporaryDirectory>> TemporaryDirectory::make() {
  std::string name = (std::filesystem::temp_directory_path() / "capstan-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    return fail(errno_code(errno), fmt::format("cannot make a temporary directory in {}",
                                               std::filesystem::temp_directory_path().string()));
  }
  return std::unique_ptr<TemporaryDirectory>(new TemporaryDirectory(name));
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code none;
  std::filesystem::remove_all(path_, none);
}

}  // namespace capstan::cli
