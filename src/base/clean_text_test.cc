#include "base/clean_text.h"

#include <gtest/gtest.h>

namespace capstan {
namespace {

std::string in_pieces(std::string_view bytes, size_t size) {
  TextCleaner cleaner;
  std::string text;
  for (size_t at = 0; at < bytes.size(); at += size) text += cleaner.take(bytes.substr(at, size));
  return text + cleaner.finish();
}

void expect(std::string_view bytes, std::string_view text) {
  for (size_t size = 1; size <= bytes.size() + 1; ++size) EXPECT_EQ(in_pieces(bytes, size), text) << "in " << size;
}

TEST(CleanText, LeavesTextAsItIsWhereverItIsSplit) {
  expect("plain\ttext\n한글, ünïcode 🚀\n", "plain\ttext\n한글, ünïcode 🚀\n");
}

TEST(CleanText, MakesLinesOfWhatOverwritesItself) { expect("10%\r20%\r100%\r\ndone\r", "10%\n20%\n100%\ndone\n"); }

TEST(CleanText, TakesColoursAndTitlesOut) {
  expect("\x1b[1;31mred\x1b[0m \x1b]0;title\a\x1b]8;;http://x\x1b\\link\x1b(B.", "red link.");
}

TEST(CleanText, MakesSomethingOfAnyBytes) {
  expect("\xff\xfe\xc0\x80 \xed\xa0\x80 \xe2\x82", "\xEF\xBF\xBD \xEF\xBF\xBD \xEF\xBF\xBD");
  expect(std::string_view("a\0b\ac\x7f", 6), "a b c ");
  expect("\x1b", "");
}

TEST(CleanLine, IsOneLineOfValidTextWithoutControl) {
  EXPECT_EQ(clean_line("\x1b[31m한글\x1b[0m\a a\tb\r"), "한글  a\tb");
  EXPECT_EQ(clean_line("a\rb"), "a b");
  EXPECT_EQ(clean_line("\xff\xfe \xe2\x82"), "\xEF\xBF\xBD \xEF\xBF\xBD");
  EXPECT_EQ(clean_line("\x1b]0;title\a."), ".");
  EXPECT_EQ(clean_line("\x1b]hidden"), "hidden");  // No sequence that has not ended hides what follows.
  EXPECT_EQ(clean_line("before\x1b[31"), "before");
}

TEST(CleanLine, CutsBetweenCharactersAndSaysSo) {
  EXPECT_EQ(clean_line("abcdef", 3), "abc … (cut)");
  EXPECT_EQ(clean_line("한글", 4), "한글");
  EXPECT_EQ(clean_line("한글이", 4), "한글 … (cut)");
  EXPECT_EQ(clean_line("abc", 3), "abc");
}

}  // namespace
}  // namespace capstan
