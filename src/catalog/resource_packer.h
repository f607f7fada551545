// What lasts of a resource, kept small: catalogs hold a hundred thousand objects of some kilobytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "model/resource.h"

namespace capstan::catalog {

// Equal resources give equal bytes. Compressed (zstd) from a kilobyte on; then two microseconds to read. Not
// thread-safe.
class ResourcePacker {
 public:
  struct Parts {
    std::string name;
    ResourceLabels labels;
    std::string fields;  // As canonical JSON.
  };

  ResourcePacker();
  ~ResourcePacker();
  ResourcePacker(ResourcePacker&&) noexcept;
  ResourcePacker& operator=(ResourcePacker&&) noexcept;

  std::string pack(std::string_view name, const ResourceLabels& labels, std::string_view fields) const;
  // Only of what `pack` gave.
  Parts unpack(std::string_view packed) const;

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
};

}  // namespace capstan::catalog
