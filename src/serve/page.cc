#include "serve/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"
#include "serve/answer.h"

namespace capstan::serve {
namespace {

constexpr std::string_view kNotBuilt =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Capstan</title>"
    "<h1>Capstan runs, but its page was not built</h1>"
    "<p>Build it and then Capstan again: <code>cd ui &amp;&amp; npm ci &amp;&amp; npm run build</code>, or simply "
    "<code>./dev build</code>.</p><p>The API and the command work without it.</p></html>";

std::string_view type_of(std::string_view path) {
  static constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".json", "application/json"},
      {".webmanifest", "application/manifest+json"},
      {".woff2", "font/woff2"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".txt", "text/plain; charset=utf-8"},
  };
  for (const auto& [ending, type] : kTypes) {
    if (path.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

// "gzip" in a list such as "br;q=1, gzip;q=0.8", and not forbidden by "q=0".
bool takes_gzip(std::string_view accepted) {
  const size_t at = accepted.find("gzip");
  if (at == std::string_view::npos) return false;
  std::string rest(accepted.substr(at + 4, accepted.find(',', at) - at - 4));
  std::erase(rest, ' ');
  return !rest.starts_with(";q=0") || rest.find_first_of("123456789") != std::string::npos;
}

// Paths of the API are never the page's, and what ends like a file is a file.
bool is_client_route(const std::vector<std::string>& segments) {
  if (segments.empty()) return true;
  static constexpr std::string_view kNotThePage[] = {"api", "capstan", "-", "metrics", "assets"};
  if (std::ranges::find(kNotThePage, segments.front()) != std::end(kNotThePage)) return false;
  return type_of(segments.back()) == "application/octet-stream";
}

std::string joined(const std::vector<std::string>& segments) {
  std::string path;
  for (const std::string& segment : segments) path += (path.empty() ? "" : "/") + segment;
  return path;
}

}  // namespace

Page::Page(std::span<const EmbeddedFile> files) {
  for (const EmbeddedFile& file : files) {
    files_.emplace(file.path, File{file, hex(sha256(file.content)).substr(0, 16)});
  }
}

HttpServerResponse Page::answer(const HttpServerRequest& request) const {
  auto found = files_.find(joined(request.target.segments));
  if (found == files_.end() && is_client_route(request.target.segments)) found = files_.find("index.html");
  if (found == files_.end() && files_.empty() && is_client_route(request.target.segments)) {
    return {200, {{"Content-Type", "text/html; charset=utf-8"}}, std::string(kNotBuilt), {}};
  }
  if (found == files_.end()) {
    return error_answer(Error{ErrorCode::kNotFound, fmt::format("there is nothing at {}", request.target.path)});
  }
  const auto& [path, entry] = *found;
  const bool gzip = !entry.file.gzipped.empty() && takes_gzip(request.header("Accept-Encoding"));
  const std::string tag = fmt::format("\"{}{}\"", entry.tag, gzip ? "-gzip" : "");
  HttpServerResponse response;
  response.headers = {
      {"Content-Type", std::string(type_of(path))},
      {"ETag", tag},
      {"Vary", "Accept-Encoding"},
      // Vite puts a hash of the content into the names of assets.
      {"Cache-Control", path.starts_with("assets/") ? "public, max-age=31536000, immutable" : "no-cache"}};
  if (request.header("If-None-Match") == tag) {
    response.status = 304;
    return response;
  }
  if (gzip) response.headers.emplace_back("Content-Encoding", "gzip");
  response.body = gzip ? entry.file.gzipped : entry.file.content;
  return response;
}

std::vector<Route> page_routes() {
  auto page = std::make_shared<const Page>(embedded_files());
  // Public: the files hold no secret, and the login is one of them.
  return {{"GET", "/{*}", Access::kPublic, false, Body::kNone,
           [page](const Call& call) { return page->answer(call.request); }}};
}

}  // namespace capstan::serve
