// The files of ui/dist as cmake/embed.cmake put them into the binary.
#pragma once

#include "base/embedded_file.h"

namespace capstan::serve {

// None when the page was not built.
std::span<const EmbeddedFile> embedded_files();

}  // namespace capstan::serve
