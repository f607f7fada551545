// Known secrets, so that they can be taken out of what others say: an error of a counterpart may repeat the token it
// was sent.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/guarded.h"

namespace capstan::secret {

// Thread-safe.
class MaskingList {
 public:
  // Secrets shorter than six bytes are not kept: masking them would shred any text. Of more than 10,000 the rest is
  // not.
  void add(std::string_view secret);
  // `text` with every known secret replaced by "***", the longest first.
  std::string mask(std::string_view text) const;

 private:
  struct LongestFirst {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const {
      return a.size() != b.size() ? a.size() > b.size() : a < b;
    }
  };
  Guarded<std::set<std::string, LongestFirst>> secrets_;
};

}  // namespace capstan::secret
