// References to one field of a versioned secret: "secret:trial/portal#password", "secret:trial/portal#password@3".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace capstan::secret {

struct VersionedReference {
  std::string path;
  std::string field;
  int64_t version = 0;  // 0 for the newest.
};

// kInvalidArgument, which does not repeat the text, for anything else.
Result<VersionedReference> parse_versioned_reference(std::string_view text);

}  // namespace capstan::secret
