// Whole files in and out, with limits and durable replacement.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace capstan {

// The whole content. An error for more than `max_bytes`, so that a mistaken path cannot eat the memory.
Result<std::string> read_file(const std::filesystem::path& path, size_t max_bytes = 64 << 20);

// Writes beside `path`, syncs, and renames over it: a reader or a crash sees the old or the new content, never a part.
Status write_file_atomically(const std::filesystem::path& path, std::string_view content, unsigned mode = 0644);

// Flushes a directory's entries, so that a created or renamed file is still there after a power cut.
Status sync_directory(const std::filesystem::path& path);

// The regular files below `directory` whose name ends so (".yaml"), sorted; symbolic links are followed one level. The
// directory itself must be readable; of those below, what cannot be listed is passed over, and said where it is asked.
struct FolderTrouble {
  std::filesystem::path folder;
  Error error;
};
Result<std::vector<std::filesystem::path>> list_files(const std::filesystem::path& directory, std::string_view suffix,
                                                      std::vector<FolderTrouble>* passed_over = nullptr);

// The text of an errno value: "No space left on device".
std::string errno_text(int error_number);

// The code that fits an errno value: ENOENT is kNotFound, ENOSPC kResourceExhausted, EACCES kPermissionDenied.
ErrorCode errno_code(int error_number);

}  // namespace capstan
