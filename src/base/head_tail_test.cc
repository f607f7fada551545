#include "base/head_tail.h"

#include <gtest/gtest.h>

namespace capstan {
namespace {

TEST(HeadTail, KeepsAllOfWhatIsShort) {
  HeadTail kept(10, 10);
  kept.append("hello ");
  kept.append("all of you");
  EXPECT_EQ(kept.text(), "hello all of you");
  EXPECT_EQ(kept.left_out(), 0u);
}

TEST(HeadTail, SaysHowMuchOfALongTextIsLeftOut) {
  HeadTail kept(6, 6);
  kept.append("begin\n");
  for (int i = 0; i < 1000; ++i) kept.append("0123456789");
  kept.append("\nend..");
  EXPECT_EQ(kept.size(), 10'012u);
  const std::string text = kept.text();
  EXPECT_TRUE(text.starts_with("begin\n… ")) << text;
  EXPECT_TRUE(text.ends_with("\nend..")) << text;
  EXPECT_NE(text.find(std::to_string(kept.left_out()) + " bytes are left out"), std::string::npos) << text;
  EXPECT_LE(text.size(), 100u);
}

TEST(HeadTail, KeepsTheEndOfOneLargePiece) {
  HeadTail kept(2, 3);
  kept.append("abcdefghijklm");
  EXPECT_EQ(kept.left_out(), 8u);
  EXPECT_TRUE(kept.text().ends_with("klm"));
}

TEST(HeadTail, CutsNoCharacterInTwo) {
  HeadTail kept(4, 4);
  kept.append("ab한글");
  for (int i = 0; i < 10; ++i) kept.append("한");
  EXPECT_TRUE(kept.text().starts_with("ab\n…")) << kept.text();
  EXPECT_TRUE(kept.text().ends_with("\n한")) << kept.text();
}

TEST(HeadTail, GivesWhatCameSinceAPlace) {
  HeadTail kept(4, 4);
  kept.append("abcdef");
  uint64_t from = 0;
  EXPECT_EQ(kept.since(from), "abcd");
  from = 4;
  EXPECT_EQ(kept.since(from), "ef");
  kept.append("ghijklmnopqrst");
  from = 6;
  const std::string_view rest = kept.since(from);
  EXPECT_TRUE(rest.ends_with("qrst"));
  EXPECT_EQ(from + rest.size(), kept.size());
  EXPECT_GT(from, 6u);
  from = 1'000;
  EXPECT_EQ(kept.since(from), "");
  EXPECT_EQ(from, kept.size());
}

}  // namespace
}  // namespace capstan
