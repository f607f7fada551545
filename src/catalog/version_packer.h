// What resources were, kept small: most versions of an object differ from each other in a few places.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sqlite.h"

namespace capstan::catalog {

// Compresses a text against another one that is much alike (zstd, with that text as what came before). Not thread-safe.
class VersionPacker {
 public:
  VersionPacker();
  ~VersionPacker();
  VersionPacker(VersionPacker&&) noexcept;
  VersionPacker& operator=(VersionPacker&&) noexcept;

  // Nothing where it would not become smaller. `base` may be empty.
  std::optional<std::string> pack(std::string_view text, std::string_view base);
  // kCorrupt for what `pack` did not make with this base.
  Result<std::string> unpack(std::string_view packed, std::string_view base);

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
};

// Adds to a connection: version_text(fields, base), where `fields` may be packed and `base` is NULL or what it was
// packed with, and column_of(fields, path, measure, type), the value that a column of a kind has. Both pure.
Status install_history(sqlite::Database& database);

}  // namespace capstan::catalog
