#include "catalog/resource_packer.h"

#include <zstd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "base/log.h"

namespace capstan::catalog {
namespace {

constexpr size_t kWorthIt = 512;  // Bytes; most of what changes every second is smaller.
constexpr size_t kLargestBase = 16 << 10;
constexpr int kLevel = 1;

void put(std::string& out, std::string_view text) {
  const auto size = static_cast<uint32_t>(text.size());
  out.append(reinterpret_cast<const char*>(&size), sizeof size);
  out += text;
}

std::string_view take(std::string_view& in) {
  uint32_t size = 0;
  std::memcpy(&size, in.data(), sizeof size);
  const std::string_view text = in.substr(sizeof size, size);
  in.remove_prefix(sizeof size + size);
  return text;
}

// Memory that we alone write cannot be wrong.
void must(bool holds) {
  if (holds) return;
  log::error("catalog", "a packed resource cannot be read");
  std::abort();
}

}  // namespace

struct ResourcePacker::Contexts {
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> compress{ZSTD_createCCtx(), ZSTD_freeCCtx};
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> decompress{ZSTD_createDCtx(), ZSTD_freeDCtx};
  std::string buffer;
};

ResourcePacker::ResourcePacker() : contexts_(std::make_unique<Contexts>()) {
  ZSTD_CCtx_setParameter(contexts_->compress.get(), ZSTD_c_compressionLevel, kLevel);
}
ResourcePacker::~ResourcePacker() = default;
ResourcePacker::ResourcePacker(ResourcePacker&&) noexcept = default;
ResourcePacker& ResourcePacker::operator=(ResourcePacker&&) noexcept = default;

PackedResource ResourcePacker::pack(std::string_view kind, std::string_view name, const ResourceLabels& labels,
                                    std::string_view fields) {
  std::string plain;
  put(plain, name);
  put(plain, fields);
  for (const auto& [label, value] : labels) {
    put(plain, label);
    put(plain, value);
  }
  plain.shrink_to_fit();
  if (plain.size() < kWorthIt) return PackedResource({.base = nullptr, .is_compressed = false, .bytes = plain});
  const auto known = bases_.find(kind);
  const PackedResource::Base base = known == bases_.end() ? nullptr : known->second;
  if (!base) bases_.emplace(kind, std::make_shared<const std::string>(plain.substr(0, kLargestBase)));

  ZSTD_CCtx* context = contexts_->compress.get();
  std::string& buffer = contexts_->buffer;
  buffer.resize(ZSTD_compressBound(plain.size()));
  if (base) must(ZSTD_isError(ZSTD_CCtx_refPrefix(context, base->data(), base->size())) == 0U);
  const size_t size = ZSTD_compress2(context, buffer.data(), buffer.size(), plain.data(), plain.size());
  if (ZSTD_isError(size) != 0U || size >= plain.size()) {
    return PackedResource({.base = nullptr, .is_compressed = false, .bytes = plain});
  }
  return PackedResource({.base = base, .is_compressed = true, .bytes = buffer.substr(0, size)});
}

ResourcePacker::Parts ResourcePacker::unpack(const PackedResource& packed) const {
  const PackedResource::Kept& kept = *packed.kept_;
  std::string_view plain = kept.bytes;
  if (kept.is_compressed) {
    const unsigned long long size = ZSTD_getFrameContentSize(plain.data(), plain.size());
    must(size != ZSTD_CONTENTSIZE_ERROR && size != ZSTD_CONTENTSIZE_UNKNOWN);
    ZSTD_DCtx* context = contexts_->decompress.get();
    if (kept.base) must(ZSTD_isError(ZSTD_DCtx_refPrefix(context, kept.base->data(), kept.base->size())) == 0U);
    std::string& buffer = contexts_->buffer;
    buffer.resize(size);
    must(ZSTD_decompressDCtx(context, buffer.data(), size, plain.data(), plain.size()) == size);
    plain = buffer;
  }
  Parts parts;
  parts.name = take(plain);
  parts.fields = take(plain);
  while (!plain.empty()) {
    const std::string_view label = take(plain);
    parts.labels.emplace_hint(parts.labels.end(), label, take(plain));
  }
  return parts;
}

}  // namespace capstan::catalog
