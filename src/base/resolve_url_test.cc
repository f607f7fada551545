#include "base/resolve_url.h"

#include <gtest/gtest.h>

namespace capstan {
namespace {

TEST(ResolveUrl, GivesWhereALinkLeads) {
  const auto from = [](std::string_view reference) {
    return resolve_url("https://API.example.org:443/v1/items?page=1", reference);
  };
  EXPECT_EQ(from("?page=2"), "https://api.example.org/v1/items?page=2");
  EXPECT_EQ(from("/v1/items?page=2"), "https://api.example.org/v1/items?page=2");
  EXPECT_EQ(from("https://api.example.org/x"), "https://api.example.org/x");
  EXPECT_EQ(from("//elsewhere.org/x"), "https://elsewhere.org/x");
  EXPECT_EQ(from("../../../x"), "https://api.example.org/x");
  EXPECT_EQ(from("file:///etc/passwd"), "");
  EXPECT_EQ(resolve_url("not a url", "/x"), "");
}

}  // namespace
}  // namespace capstan
