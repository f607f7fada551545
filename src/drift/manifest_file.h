// Objects in the text of a manifest file: where their fields stand, and the text with some of them changed while all
// other lines stay as they are, comments and all.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "drift/field_path.h"

namespace capstan::drift {

// Which object of a file. An object without a namespace in the file is meant by any.
struct ObjectInFile {
  std::string api_version;
  std::string kind;
  std::string name_space;
  std::string name;
};

// Where a field stands; nothing where the file does not have it.
std::optional<Where> place_of(std::string_view text, std::string_view file, const ObjectInFile& object,
                              const FieldPath& path);

// The text with a field changed; null takes it away. An error, with its place, where the file is written such that this
// cannot be done without touching anything else: an anchor that is used elsewhere, for example.
Result<std::string> with_field(std::string_view text, std::string_view file, const ObjectInFile& object,
                               const FieldPath& path, const Json& value);

// The text without the object; "" when there is no other.
Result<std::string> without_object(std::string_view text, std::string_view file, const ObjectInFile& object);

}  // namespace capstan::drift
