// What lasts of a resource, kept small: catalogs hold a hundred thousand objects of some kilobytes, most of which are
// like the others of their kind.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "model/resource.h"

namespace capstan::catalog {

// Does not change; may be shared between threads.
class PackedResource {
 public:
  bool operator==(const PackedResource& other) const {
    return kept_ == other.kept_ || (kept_ && other.kept_ && *kept_ == *other.kept_);
  }
  size_t size() const { return kept_->bytes.size(); }

 private:
  friend class ResourcePacker;
  using Base = std::shared_ptr<const std::string>;
  struct Kept {
    Base base;
    bool is_compressed = false;
    std::string bytes;

    bool operator==(const Kept&) const = default;
  };
  explicit PackedResource(Kept kept) : kept_(std::make_shared<const Kept>(std::move(kept))) {}

  std::shared_ptr<const Kept> kept_;
};

struct KeptResource {
  ResourceId id;
  std::string kind;
  PackedResource packed;
};

// Not thread-safe; reads what any other has packed.
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

  // From half a kilobyte on it is compressed (zstd) against the first such resource of its kind; then some microseconds
  // to read. Packs that are equal are of equal resources; equal resources may have packs that differ.
  PackedResource pack(std::string_view kind, std::string_view name, const ResourceLabels& labels,
                      std::string_view fields);
  Parts unpack(const PackedResource& packed) const;

 private:
  struct Contexts;

  std::unique_ptr<Contexts> contexts_;
  std::map<std::string, PackedResource::Base, std::less<>> bases_;  // By kind.
};

}  // namespace capstan::catalog
