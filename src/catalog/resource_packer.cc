#include "catalog/resource_packer.h"

#include <fmt/format.h>
#include <zstd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "base/log.h"

namespace capstan::catalog {
namespace {

constexpr size_t kWorthIt = 1'024;  // Bytes; most of what changes every second is smaller.
constexpr int kLevel = 1;
constexpr char kPlain = 0;
constexpr char kCompressed = 1;

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

ResourcePacker::ResourcePacker() : contexts_(std::make_unique<Contexts>()) {}
ResourcePacker::~ResourcePacker() = default;
ResourcePacker::ResourcePacker(ResourcePacker&&) noexcept = default;
ResourcePacker& ResourcePacker::operator=(ResourcePacker&&) noexcept = default;

std::string ResourcePacker::pack(std::string_view name, const ResourceLabels& labels, std::string_view fields) const {
  std::string plain(1, kPlain);
  put(plain, name);
  put(plain, fields);
  for (const auto& [label, value] : labels) {
    put(plain, label);
    put(plain, value);
  }
  plain.shrink_to_fit();
  if (plain.size() < kWorthIt) return plain;
  std::string& buffer = contexts_->buffer;
  buffer.resize(1 + ZSTD_compressBound(plain.size()));
  buffer[0] = kCompressed;
  const size_t size = ZSTD_compressCCtx(contexts_->compress.get(), buffer.data() + 1, buffer.size() - 1,
                                        plain.data() + 1, plain.size() - 1, kLevel);
  if (ZSTD_isError(size) != 0U || 1 + size >= plain.size()) return plain;
  return {buffer.data(), 1 + size};
}

ResourcePacker::Parts ResourcePacker::unpack(std::string_view packed) const {
  must(!packed.empty());
  const bool is_compressed = packed.front() == kCompressed;
  packed.remove_prefix(1);
  std::string& buffer = contexts_->buffer;
  if (is_compressed) {
    const unsigned long long size = ZSTD_getFrameContentSize(packed.data(), packed.size());
    must(size != ZSTD_CONTENTSIZE_ERROR && size != ZSTD_CONTENTSIZE_UNKNOWN);
    buffer.resize(size);
    must(ZSTD_decompressDCtx(contexts_->decompress.get(), buffer.data(), size, packed.data(), packed.size()) == size);
    packed = buffer;
  }
  Parts parts;
  parts.name = take(packed);
  parts.fields = take(packed);
  while (!packed.empty()) {
    const std::string_view label = take(packed);
    parts.labels.emplace_hint(parts.labels.end(), label, take(packed));
  }
  return parts;
}

}  // namespace capstan::catalog
