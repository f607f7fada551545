// The files of ui/dist as cmake/embed.cmake put them into the binary.
#pragma once

#include <span>
#include <string_view>

namespace capstan::serve {

struct EmbeddedFile {
  std::string_view path;  // "assets/index-4f2a.js", without a leading slash.
  std::string_view content;
  std::string_view gzipped;  // Empty where it would gain nothing.
};

// None when the page was not built.
std::span<const EmbeddedFile> embedded_files();

}  // namespace capstan::serve
