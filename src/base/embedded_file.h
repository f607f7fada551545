// A file that cmake/embed.cmake put into the program.
#pragma once

#include <span>
#include <string_view>

namespace capstan {

struct EmbeddedFile {
  std::string_view path;  // "assets/index-4f2a.js", without a leading slash.
  std::string_view content;
  std::string_view gzipped;  // Empty where it would gain nothing.
};

}  // namespace capstan
