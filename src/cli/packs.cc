#include "cli/packs.h"

#include "base/embedded_file.h"
#include "base/file.h"

namespace capstan::cli {

// Made by cmake/embed.cmake from packs/.
std::span<const EmbeddedFile> embedded_packs();

Result<std::filesystem::path> unpack_packs(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::remove_all(directory, error);
  for (const EmbeddedFile& file : embedded_packs()) {
    const std::filesystem::path path = directory / file.path;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error)
      return fail(errno_code(error.value()), "cannot create " + path.parent_path().string() + ": " + error.message());
    TRY(write_file_atomically(path, file.content));
  }
  return directory;
}

}  // namespace capstan::cli
