// Takes known secrets out of a text that comes in pieces, also where one is split between two of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace capstan {

// Owned by one thread.
class StreamMask {
 public:
  // Secrets of fewer bytes are not looked for: masking them would shred any text.
  static constexpr size_t kShortest = 4;

  // Each also as the encodings in which programs repeat what they were given: base64 (RFC 4648) with and without its
  // end, percent-encoded, as a JSON string; of several lines, each line that is long enough to tell apart.
  explicit StreamMask(const std::vector<std::string>& secrets);

  // What can be said by now. The end of the text is held back as long as it may be the beginning of a secret.
  std::string take(std::string_view piece);
  // What was held back.
  std::string finish();

 private:
  std::string mask(std::string_view text, bool is_end);

  std::vector<std::string> secrets_;  // The longest first.
  std::string held_;
};

}  // namespace capstan
