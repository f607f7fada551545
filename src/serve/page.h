// The web page: files that were built by Vite and live in the binary.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/http_server.h"
#include "serve/embedded_files.h"
#include "serve/route.h"

namespace capstan::serve {

// Immutable, so thread-safe. The files must outlive it.
class Page {
 public:
  explicit Page(std::span<const EmbeddedFile> files);

  // A file; index.html for "/" and for the paths that the page itself knows, such as /incidents/inc-3; else 404.
  HttpServerResponse answer(const HttpServerRequest& request) const;

 private:
  struct File {
    EmbeddedFile file;
    std::string tag;  // Of the plain content.
  };
  std::map<std::string_view, File> files_;
};

// One route for everything that no other route takes; must come last.
std::vector<Route> page_routes();

}  // namespace capstan::serve
