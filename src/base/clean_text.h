// Makes text of what programs print, as it comes: valid UTF-8 in lines, without terminal control.
#pragma once

#include <string>
#include <string_view>

namespace capstan {

// One whole piece, as `TextCleaner` cleans, but in one line for each line feed: carriage returns are blanks, and one at
// the end is nothing. Longer text is cut at `limit` bytes, not inside a character, and says so.
std::string clean_line(std::string_view bytes, size_t limit = 16 << 10);

// Owned by one thread.
class TextCleaner {
 public:
  // Invalid UTF-8 becomes U+FFFD (a run of it one); colours and other escape sequences are taken out; a carriage return
  // becomes the end of a line, unless one follows; other control characters but the tab become blanks. What may go on
  // in the next piece is held back: part of a character or of a sequence.
  std::string take(std::string_view piece);
  std::string finish();

 private:
  std::string clean(std::string_view bytes, bool is_end);

  std::string held_;
  bool replaced_last_ = false;
};

}  // namespace capstan
