#include "serve/page.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace capstan::serve {
namespace {

constexpr EmbeddedFile kFiles[] = {
    {"index.html", "<html>page</html>", "gzipped page"},
    {"assets/index-4f2a.js", "script", ""},
    {"favicon.svg", "<svg/>", "gzipped icon"},
};

HttpServerResponse ask(const Page& page, std::string_view target, HttpHeaders headers = {}) {
  HttpServerRequest request;
  request.method = "GET";
  request.target = parse_target(target).value();
  request.headers = std::move(headers);
  return page.answer(request);
}

std::string header(const HttpServerResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

TEST(Page, ServesFilesWithTheirType) {
  const Page page(kFiles);
  EXPECT_EQ(ask(page, "/assets/index-4f2a.js").body, "script");
  EXPECT_EQ(header(ask(page, "/assets/index-4f2a.js"), "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(header(ask(page, "/favicon.svg"), "Content-Type"), "image/svg+xml");
}

TEST(Page, AnswersThePathsOfThePageWithThePage) {
  const Page page(kFiles);
  for (const char* path : {"/", "/index.html", "/incidents", "/incidents/inc-3?tab=plans", "/resources/host%2F1"}) {
    EXPECT_EQ(ask(page, path).body, "<html>page</html>") << path;
  }
}

TEST(Page, NeverAnswersForTheApiOrMissingFiles) {
  const Page page(kFiles);
  for (const char* path :
       {"/capstan/v1/nothing", "/api/v1/nothing", "/-/nothing", "/assets/old-1234.js", "/robots.txt"}) {
    EXPECT_EQ(ask(page, path).status, 404) << path;
  }
}

TEST(Page, LetsOnlyAssetsBeKeptForever) {
  const Page page(kFiles);
  EXPECT_NE(header(ask(page, "/assets/index-4f2a.js"), "Cache-Control").find("immutable"), std::string::npos);
  EXPECT_EQ(header(ask(page, "/"), "Cache-Control"), "no-cache");
}

TEST(Page, SendsNothingTwice) {
  const Page page(kFiles);
  const std::string tag = header(ask(page, "/"), "ETag");
  EXPECT_EQ(ask(page, "/", {{"If-None-Match", tag}}).status, 304);
  EXPECT_EQ(ask(page, "/", {{"If-None-Match", "\"other\""}}).status, 200);
}

TEST(Page, CompressesForWhoTakesIt) {
  const Page page(kFiles);
  const HttpServerResponse compressed = ask(page, "/", {{"Accept-Encoding", "br, gzip;q=0.8"}});
  EXPECT_EQ(compressed.body, "gzipped page");
  EXPECT_EQ(header(compressed, "Content-Encoding"), "gzip");
  EXPECT_NE(header(compressed, "ETag"), header(ask(page, "/"), "ETag"));
  for (const char* accepted : {"", "br", "gzip;q=0", "gzip; q=0.0, br"}) {
    EXPECT_EQ(ask(page, "/", {{"Accept-Encoding", accepted}}).body, "<html>page</html>") << accepted;
  }
}

TEST(Page, SaysHowToBuildItWhenItWasNotBuilt) {
  const Page page({});
  EXPECT_NE(ask(page, "/incidents").body.find("npm run build"), std::string::npos);
  EXPECT_EQ(ask(page, "/capstan/v1/nothing").status, 404);
}

TEST(EmbeddedFiles, AreThePageOrNothing) {
  const auto files = embedded_files();
  const bool has_index = std::ranges::find(files, "index.html", &EmbeddedFile::path) != files.end();
  EXPECT_EQ(has_index, !files.empty());
  for (const EmbeddedFile& file : files) {
    EXPECT_FALSE(file.content.empty()) << file.path;
    EXPECT_TRUE(file.gzipped.empty() || file.gzipped.starts_with("\x1f\x8b")) << file.path;
  }
}

}  // namespace
}  // namespace capstan::serve
