#include "base/stream_mask.h"

#include <gtest/gtest.h>

#include "base/crypto.h"

namespace capstan {
namespace {

std::string in_pieces(StreamMask mask, std::string_view text, size_t size) {
  std::string said;
  for (size_t at = 0; at < text.size(); at += size) said += mask.take(text.substr(at, size));
  return said + mask.finish();
}

TEST(StreamMask, TakesASecretOutWhereverTheTextIsSplit) {
  const std::string text = "user alice, password s3cr3t-pass; again s3cr3t-pass!";
  for (size_t size = 1; size <= text.size(); ++size)
    EXPECT_EQ(in_pieces(StreamMask({"s3cr3t-pass"}), text, size), "user alice, password ***; again ***!") << size;
}

TEST(StreamMask, HoldsBackNoMoreThanMayBeTheBeginningOfASecret) {
  StreamMask mask({"secret"});
  EXPECT_EQ(mask.take("the se"), "the ");
  EXPECT_EQ(mask.take("a is blue, sec"), "sea is blue, ");
  EXPECT_EQ(mask.take("ret"), "***");
  EXPECT_EQ(mask.take("secre"), "");
  EXPECT_EQ(mask.finish(), "secre");
}

TEST(StreamMask, TakesTheLongestWhereOneIsPartOfAnother) {
  const std::string text = "abcdefgh abcd abcdefg";
  for (size_t size = 1; size <= text.size(); ++size)
    EXPECT_EQ(in_pieces(StreamMask({"abcd", "abcdefgh"}), text, size), "*** *** ***efg") << size;
}

TEST(StreamMask, KnowsHowProgramsWriteWhatTheyWereGiven) {
  const std::string secret = "p\"w/ä\\1234";
  EXPECT_EQ(in_pieces(StreamMask({secret}), base64(secret) + " " + secret, 5), "*** ***");
  EXPECT_EQ(in_pieces(StreamMask({secret}), "url p%22w%2F%C3%A4%5C1234", 5), "url ***");
  EXPECT_EQ(in_pieces(StreamMask({secret}), R"({"x":"p\"w/ä\\1234"})", 5), R"({"x":"***"})");
}

TEST(StreamMask, KnowsTheLinesOfAKey) {
  const std::string key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----\n";
  EXPECT_EQ(in_pieces(StreamMask({key}), "  kqhkiG9w0BAQEF\r\n  MIIEvQIBADANBg\r\n", 3), "  ***\r\n  ***\r\n");
}

TEST(StreamMask, LeavesTheRestAsItIs) {
  EXPECT_EQ(in_pieces(StreamMask({"abc"}), "abc is too short", 4), "abc is too short");
  EXPECT_EQ(in_pieces(StreamMask(std::vector<std::string>{}), "nothing", 2), "nothing");
}

}  // namespace
}  // namespace capstan
