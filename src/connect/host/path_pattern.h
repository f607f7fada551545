// Finds files by patterns in which `*` and `?` match within a name and `**` any directories.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::host {

// The regular files that match an absolute pattern, sorted, at most `limit`; directories are entered at most eight
// levels below where a `**` stands. Symbolic links to files count, to directories not.
std::vector<std::string> find_files(std::string_view pattern, size_t limit);

}  // namespace capstan::host
